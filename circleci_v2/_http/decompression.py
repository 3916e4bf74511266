"""Decompression of response bodies in small steps, so that a caller that counts bytes can stop in time.

Threat: a compression bomb. httpx decompresses everything that arrived in one step, so 64 KiB of gzip may become 64 MiB
in memory, and gzip inside gzip a thousand times that, before a size limit can be checked.

The client can decode gzip and deflate only, and requests nothing else (``Accept-Encoding``); a body with any other
encoding is an error.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Final

import httpx

__all__ = ["ContentDecoder", "UnsupportedEncodingError"]

_STEP: Final = 64 * 1024
_GZIP_MAGIC: Final = b"\x1f\x8b"
_GZIP: Final = zlib.MAX_WBITS | 16
_ZLIB: Final = zlib.MAX_WBITS
_RAW_DEFLATE: Final = -zlib.MAX_WBITS


class UnsupportedEncodingError(httpx.DecodingError):
    """A response has a ``Content-Encoding`` that was not requested; sending the request again would not change that."""


class ContentDecoder:
    """Decodes a response body according to its ``Content-Encoding``.

    Args:
        encoding: The value of the header. A list names the encoding that was applied last at its end (RFC 9110, section
            8.4).
    """

    def __init__(self, encoding: str) -> None:
        names = [name.strip().lower() for name in reversed(encoding.split(","))]
        names = [name for name in names if name not in {"", "identity"}]
        self._unsupported = [name for name in names if name not in {"gzip", "x-gzip", "deflate"}]
        self._layers = [_DecompressionLayer(name) for name in names if name not in self._unsupported]

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Decode the next bytes of the body, and yield the result in chunks of at most 64 KiB.

        Raises:
            httpx.DecodingError: The body is not encoded as the header says.
            UnsupportedEncodingError: The encoding is not one of those that were requested.
        """
        if self._unsupported and data:
            # Not in the constructor: a response without a body may have the header, too.
            msg = f"the response has Content-Encoding {self._unsupported[0]!r}, but the client decodes only gzip and deflate"
            raise UnsupportedEncodingError(msg)
        return _decode_through(self._layers, data)

    def finish(self) -> None:
        """Check that the body is complete.

        Raises:
            httpx.DecodingError: The body ended too early.
        """
        for layer in self._layers:
            layer.finish()


def _decode_through(layers: Sequence[_DecompressionLayer], data: bytes) -> Iterator[bytes]:
    if not layers:
        yield data
        return
    for chunk in layers[0].decode(data):
        yield from _decode_through(layers[1:], chunk)


class _DecompressionLayer:
    """One encoding of a body, which may have several."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._is_gzip = name != "deflate"
        self._stream = zlib.decompressobj(_GZIP if self._is_gzip else _ZLIB)
        self._is_empty = True

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Decode the next bytes, a step at a time."""
        has_more = True
        while has_more:
            if data and self._stream.eof:
                data = self._next_member(data)
                if not data:
                    return
            chunk = self._step(data)
            data = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
            # After a full step, zlib may hold more output that needs no further input.
            has_more = bool(data) or len(chunk) == _STEP
            if chunk:
                yield chunk

    def finish(self) -> None:
        """Check that the encoded data is complete."""
        if not (self._is_empty or self._stream.eof):
            raise self._error("it ends too early")

    def _step(self, data: bytes) -> bytes:
        is_first, self._is_empty = self._is_empty, self._is_empty and not data
        try:
            return self._stream.decompress(data, _STEP)
        except zlib.error as error:
            if not is_first or self._is_gzip:
                raise self._error(str(error)) from None
        # RFC 9110, section 8.4.1.2: some servers send deflate data without the zlib header that the RFC requires.
        self._stream = zlib.decompressobj(_RAW_DEFLATE)
        try:
            return self._stream.decompress(data, _STEP)
        except zlib.error as error:
            raise self._error(str(error)) from None

    def _next_member(self, data: bytes) -> bytes:
        """Return the data to decode after the end of a gzip member (RFC 1952): another member, or zeros as padding."""
        if self._is_gzip and _GZIP_MAGIC.startswith(data[:2]):
            self._stream = zlib.decompressobj(_GZIP)
            return data
        if data.strip(b"\0"):
            raise self._error("it goes on after its end")
        return b""

    def _error(self, problem: str) -> httpx.DecodingError:
        return httpx.DecodingError(f"the body of the response is not {self._name}, as its headers say: {problem}")
