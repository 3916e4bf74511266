"""Downloading: one address into one place, through as many cuts as it takes.

A connection that breaks in the middle is no reason to begin again: the rest is asked for by ``Range``, under the
condition (``If-Range``) that the file is still the same. A server that cannot do that sends the whole again, and the
place is cleared first. What arrives is counted against what was announced, so that a short body never passes for a
whole one.
"""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Final, Protocol

import anyio
import attrs

from circleci_v2.errors import APIConnectionError, APIError, CircleCIError, ConfigurationError, DecodeError

__all__ = ["UNREADABLE", "Body", "NoAddressError", "OpenStream", "Sink", "content_length", "download", "first_byte"]


class NoAddressError(CircleCIError):
    """What was to be read is no address."""


UNREADABLE: Final = (APIError, APIConnectionError, DecodeError, NoAddressError)
"""What `download` raises when it is the address that cannot be read."""


class Body(Protocol):
    """An answer whose body is still to be read."""

    @property
    def status_code(self) -> int:
        """The HTTP status, below 300."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, case-insensitive."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The body in pieces; APIConnectionError when it breaks off."""
        ...


class OpenStream(Protocol):
    """Sends a GET and yields its answer; raises `APIError` from 300 up, and ValueError when it is no address."""

    def __call__(
        self, url: str, *, headers: Mapping[str, str], authenticate: bool
    ) -> AbstractAsyncContextManager[Body]: ...


class Sink(Protocol):
    """Where a body goes."""

    async def begin(self, size: int | None) -> None:
        """Receive from the first byte on, and forget what came before; `size` in bytes when the server told it."""
        ...

    async def write(self, data: bytes) -> None:
        """Receive the next bytes."""
        ...


# How many tries in a row may bring nothing new before the download fails.
FRUITLESS_TRIES = 5


async def download(open_stream: OpenStream, url: str, sink: Sink, *, authenticate: bool) -> int:
    """Read an address to its end.

    Args:
        open_stream: Sends the requests.
        url: What to read.
        sink: Where the bytes go.
        authenticate: Whether the first host gets the token; a host that it redirects to never does.

    Returns:
        The size in bytes.

    Raises:
        APIError: CircleCI or its storage refused a request.
        APIConnectionError: The body broke off again and again, without bringing anything new.
        DecodeError: A request was refused at greater length than the client accepts.
        NoAddressError: It is no address.
    """
    transfer = _Transfer(open_stream, url, sink, authenticate)
    fruitless = furthest = 0
    while True:
        try:
            return await transfer.attempt()
        except APIConnectionError:
            fruitless = 0 if transfer.received > furthest else fruitless + 1
            furthest = max(furthest, transfer.received)
            if fruitless >= FRUITLESS_TRIES:
                raise
        await pause(fruitless)


async def pause(fruitless: int) -> None:
    """Wait before the next try: not at all after one that brought something, else up to 0.5, 1, 2 and 4 seconds."""
    if fruitless:
        await anyio.sleep(random.uniform(0, 0.25 * 2**fruitless))  # noqa: S311 - spreads load, keeps no secret


@attrs.define
class _Transfer:
    """What is known of a file from one try to the next."""

    open_stream: OpenStream
    url: str
    sink: Sink
    authenticate: bool
    received: int = 0
    size: int | None = None
    validator: str | None = None

    async def attempt(self) -> int:
        # Compressed on the way, the bytes that travel would not be the bytes of the file.
        headers = {"Accept-Encoding": "identity"}
        if self.received and self.validator:
            headers |= {"Range": f"bytes={self.received}-", "If-Range": self.validator}
        try:
            async with AsyncExitStack() as opened:
                await self._receive(await self._open(opened, headers))
        except APIError as error:
            if error.status_code != 416 or "Range" not in headers:
                raise
            raise self._broken("the server has less of it than before") from error
        return self.received

    async def _open(self, opened: AsyncExitStack, headers: Mapping[str, str]) -> Body:
        stream = self.open_stream(self.url, headers=headers, authenticate=self.authenticate)
        try:
            return await opened.enter_async_context(stream)
        except ConfigurationError:
            # A ValueError, too, but one about the client.
            raise
        except ValueError as error:
            raise NoAddressError(str(error)) from error

    async def _receive(self, body: Body) -> None:
        if body.status_code != 206:
            await self._begin(body)
        else:
            self._go_on(body)
        async for data in body:
            await self.sink.write(data)
            self.received += len(data)
        if self.size is not None and self.received != self.size:
            problem = f"{self.received:,} bytes arrived of {self.size:,}"
            raise self._broken(problem) if self.received > self.size else self._failed(problem)

    async def _begin(self, body: Body) -> None:
        self.received = 0
        encoded = body.headers.get("content-encoding", "identity") != "identity"
        self.size = None if encoded else content_length(body)
        self.validator = None if encoded else _validator(body)
        await self.sink.begin(self.size)

    def _go_on(self, body: Body) -> None:
        whole = whole_size(body)
        if not self.validator or first_byte(body) != self.received or (self.size and whole not in {None, self.size}):
            raise self._broken("the server sent another part of it than it was asked for")
        # What came first may not have told, and a server may send less than it was asked for.
        self.size = self.size or whole

    def _broken(self, problem: str) -> APIConnectionError:
        """The parts do not fit together, so that the next try begins again."""
        self.validator = None
        return self._failed(problem)

    def _failed(self, problem: str) -> APIConnectionError:
        return APIConnectionError(problem, method="GET", url=self.url)


def content_length(body: Body) -> int | None:
    """The size that the server told, in bytes; None when it told none."""
    text = body.headers.get("content-length", "")
    return int(text) if text.isdecimal() else None


def _validator(body: Body) -> str | None:
    """What `If-Range` may hold: RFC 9110 (13.1.5) allows no weak entity tags."""
    if body.headers.get("accept-ranges") == "none":
        return None
    tag = body.headers.get("etag")
    return tag if tag and not tag.startswith("W/") else body.headers.get("last-modified")


def first_byte(body: Body) -> int | None:
    """Where a part begins; None when the body is not a part."""
    match = re.match(r"bytes (\d{1,18})-", body.headers.get("content-range", ""))
    return int(match[1]) if match else None


def whole_size(body: Body) -> int | None:
    """The size of what a part is a part of, in bytes; None when the server did not tell."""
    match = re.search(r"/(\d{1,18})$", body.headers.get("content-range", ""))
    return int(match[1]) if match else None
