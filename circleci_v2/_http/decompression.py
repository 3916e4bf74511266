"""Decompression: the body of an answer unpacked in small steps, so that whoever counts its bytes can stop in time.

httpx unpacks whatever arrives at once. 64 KiB of a gzip bomb are 64 MiB then, and where gzip is packed in gzip a
thousand times that, before anybody can say that it is too long.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Final

import httpx

__all__ = ["Unpacker"]

_STEP: Final = 64 * 1024
_GZIP_START: Final = b"\x1f\x8b"
_GZIP: Final = zlib.MAX_WBITS | 16
_ZLIB: Final = zlib.MAX_WBITS
_BARE: Final = -zlib.MAX_WBITS


class Unpacker:
    """Takes the compression off a body.

    Args:
        encoding: The value of ``Content-Encoding``. What is not gzip or deflate was not asked for, and is left as it is.
    """

    def __init__(self, encoding: str) -> None:
        names = [name.strip().lower() for name in encoding.split(",")]
        # The encoding that was applied last is named last.
        self._layers = [_Layer(name) for name in reversed(names) if name in {"gzip", "x-gzip", "deflate"}]

    def unpack(self, data: bytes) -> Iterator[bytes]:
        """What so many more bytes of the body unpack to, a step at a time.

        Raises:
            httpx.DecodingError: The body is not what the header says.
        """
        return _through(self._layers, data)

    def finish(self) -> None:
        """Make sure that nothing is missing.

        Raises:
            httpx.DecodingError: The body ended too early.
        """
        for layer in self._layers:
            layer.finish()


def _through(layers: Sequence[_Layer], data: bytes) -> Iterator[bytes]:
    if not layers:
        yield data
        return
    for part in layers[0].unpack(data):
        yield from _through(layers[1:], part)


class _Layer:
    """One compression around a body."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._is_gzip = name != "deflate"
        self._stream = zlib.decompressobj(_GZIP if self._is_gzip else _ZLIB)
        self._is_empty = True

    def unpack(self, data: bytes) -> Iterator[bytes]:
        """What so many more bytes unpack to, a step at a time."""
        goes_on = True
        while goes_on:
            if data and self._stream.eof:
                data = self._next_member(data)
                if not data:
                    return
            part = self._step(data)
            data = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
            # A full step may have left something inside that needs no more bytes to come out.
            goes_on = bool(data) or len(part) == _STEP
            if part:
                yield part

    def finish(self) -> None:
        """Make sure that nothing is missing."""
        if not (self._is_empty or self._stream.eof):
            raise self._error("it ends too early")

    def _step(self, data: bytes) -> bytes:
        is_first, self._is_empty = self._is_empty, self._is_empty and not data
        try:
            return self._stream.decompress(data, _STEP)
        except zlib.error as error:
            if not is_first or self._is_gzip:
                raise self._error(str(error)) from None
        # Some servers leave out the header that the standard wants around deflate.
        self._stream = zlib.decompressobj(_BARE)
        try:
            return self._stream.decompress(data, _STEP)
        except zlib.error as error:
            raise self._error(str(error)) from None

    def _next_member(self, data: bytes) -> bytes:
        """What is left to unpack behind the end of a member: gzip may have several, and zeros behind the last."""
        if self._is_gzip and _GZIP_START.startswith(data[:2]):
            self._stream = zlib.decompressobj(_GZIP)
            return data
        if data.strip(b"\0"):
            raise self._error("it goes on after its end")
        return b""

    def _error(self, what: str) -> httpx.DecodingError:
        return httpx.DecodingError(f"the body of the answer is not {self._name}, as its headers say: {what}")
