"""Read a URL to its end, resuming when the connection breaks.

After a break, the rest is requested with ``Range``, conditional on the file being unchanged (``If-Range``; RFC 9110,
sections 13.1.5 and 14.2). A server may send the rest of another version nevertheless, so every part has to repeat the
strong validator of the first response (section 15.3.7.3). Without a strong validator, and from a server without support
for ranges, the complete body is requested again, and the target is reset first. The bytes received are compared with
the announced size, so that a truncated body is never taken for a complete one.
"""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Final, Protocol

import anyio
import attrs

from circleci_v2.errors import APIConnectionError, APIError, DecodeError, InvalidURLError

__all__ = [
    "DOWNLOAD_ERRORS",
    "ResponseStream",
    "Sink",
    "StreamClient",
    "Validator",
    "content_length",
    "download",
    "first_byte",
    "is_encoded",
    "require_file",
]


DOWNLOAD_ERRORS: Final = (APIError, APIConnectionError, DecodeError, InvalidURLError)
"""The errors that `download` raises when the URL cannot be read, as opposed to errors of the sink."""


class ResponseStream(Protocol):
    """A response whose body has not been read yet."""

    @property
    def status_code(self) -> int:
        """The HTTP status, below 300."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, case-insensitive."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Iterate over the body; raises APIConnectionError when the connection breaks."""
        ...


class StreamClient(Protocol):
    """The part of the client that a download needs."""

    def stream(
        self, url: str, *, headers: Mapping[str, str], authenticate: bool, decode_content: bool
    ) -> AbstractAsyncContextManager[ResponseStream]:
        """Send a GET and yield the response.

        Args:
            url: Any URL.
            headers: Additional headers.
            authenticate: Whether to send the token to the host of the URL; redirect targets never get it.

            decode_content: Whether to decode a body with a ``Content-Encoding``.

        Raises:
            APIError: The status is 300 or above.
            DecodeError: The encoding of the body is unknown.
            InvalidURLError: The URL is not absolute, or not HTTP, or must not receive the token.
        """
        ...


class Sink(Protocol):
    """The target of a download."""

    async def begin(self, size: int | None) -> None:
        """Start from the first byte, and discard earlier bytes; `size` in bytes when the server sent it."""
        ...

    async def write(self, data: bytes) -> None:
        """Receive the next bytes."""
        ...


# A download fails after this many consecutive attempts that brought no new bytes.
MAX_ATTEMPTS_WITHOUT_PROGRESS = 5


async def download(client: StreamClient, url: str, sink: Sink, *, authenticate: bool) -> int:
    """Read a URL to its end.

    Args:
        client: Sends the requests.
        url: The URL.
        sink: Receives the bytes.
        authenticate: Whether to send the token to the host of the URL; redirect targets never get it.

    Returns:
        The size in bytes.

    Raises:
        APIError: CircleCI or its storage rejected a request.
        APIConnectionError: The connection broke `MAX_ATTEMPTS_WITHOUT_PROGRESS` times without any new bytes.
        DecodeError: A response is not the file, has an unknown encoding, or is an error with a body that is longer than
            the client accepts.
        InvalidURLError: `url` is not an absolute HTTP URL, or must not receive the token.
    """
    transfer = _Transfer(client, url, sink, authenticate)
    without_progress = furthest = 0
    while True:
        try:
            return await transfer.attempt()
        except APIConnectionError:
            without_progress = 0 if transfer.received > furthest else without_progress + 1
            furthest = max(furthest, transfer.received)
            if without_progress >= MAX_ATTEMPTS_WITHOUT_PROGRESS:
                raise
        await back_off(without_progress)


async def back_off(without_progress: int) -> None:
    """Wait before the next attempt: not at all after progress, else up to 0.5, 1, 2 and 4 seconds (full jitter)."""
    if without_progress:
        await anyio.sleep(random.uniform(0, 0.25 * 2**without_progress))  # noqa: S311 - spreads load, not a secret


@attrs.frozen
class Validator:
    """A header that has the same value in two responses only if their files are the same byte for byte.

    Attributes:
        name: The name of the header.
        value: Its value.
    """

    name: str
    value: str

    @classmethod
    def of(cls, response: ResponseStream) -> Validator | None:
        """Return the strong validator of a response; None without one, or when the server does not support ranges.

        A date is a validator only where there is no entity tag, not even a weak one (RFC 9110, section 13.1.5).
        """
        headers = response.headers
        if headers.get("accept-ranges", "").strip().lower() == "none":
            return None
        if tag := headers.get("etag"):
            return None if tag.startswith("W/") else cls("etag", tag)
        modified = headers.get("last-modified", "")
        return cls("last-modified", modified) if _is_strong_date(modified, headers.get("date", "")) else None

    def matches(self, response: ResponseStream) -> bool:
        """Whether a response belongs to the same version of the file."""
        return response.headers.get(self.name) == self.value


def _is_strong_date(modified: str, sent: str) -> bool:
    """Whether a file cannot have changed twice in the second that ``Last-Modified`` names (RFC 9110, 8.8.2.2)."""
    try:
        return parsedate_to_datetime(sent) - parsedate_to_datetime(modified) >= timedelta(seconds=1)
    except (ValueError, TypeError, IndexError, OverflowError):
        # Not dates, or only one of them has a time zone.
        return False


@attrs.define
class _Transfer:
    """The state of a download between attempts."""

    client: StreamClient
    url: str
    sink: Sink
    authenticate: bool
    received: int = 0
    size: int | None = None
    validator: Validator | None = None

    async def attempt(self) -> int:
        # With a content coding, byte positions would be those of the encoded representation, not of the file.
        headers = {"Accept-Encoding": "identity"}
        if self.received and self.validator:
            headers |= {"Range": f"bytes={self.received}-", "If-Range": self.validator.value}
        try:
            async with self.client.stream(
                self.url, headers=headers, authenticate=self.authenticate, decode_content=True
            ) as response:
                await self._receive(response)
        except APIError as error:
            if error.status_code != 416 or "Range" not in headers:
                raise
            raise self._restart_error("the file has become shorter on the server") from error
        return self.received

    async def _receive(self, response: ResponseStream) -> None:
        if response.status_code == 206:
            self._continue(response)
        else:
            require_file(response)
            await self._begin(response)
        async for data in response:
            await self.sink.write(data)
            self.received += len(data)
        if self.size is not None and self.received != self.size:
            problem = f"received {self.received:,} of {self.size:,} bytes"
            raise self._restart_error(problem) if self.received > self.size else self._error(problem)

    async def _begin(self, response: ResponseStream) -> None:
        self.received = 0
        encoded = is_encoded(response)
        # Content-Length and byte positions are those of the encoded representation, and the body arrives decoded.
        self.size = None if encoded else content_length(response)
        self.validator = None if encoded else Validator.of(response)
        await self.sink.begin(self.size)

    def _continue(self, response: ResponseStream) -> None:
        """Check that a partial response (206) continues the bytes received so far."""
        total = _total_size(response)
        if self.validator is None or first_byte(response) != self.received:
            raise self._restart_error("the server sent another range than requested")
        if (
            not self.validator.matches(response)
            or is_encoded(response)
            or (self.size and total not in {None, self.size})
        ):
            raise self._restart_error("the server sent a range of another version of the file")
        # The first response may have had no length, and a server may send a shorter range than requested.
        self.size = self.size or total
        if self.size is None:
            raise self._restart_error("the server sent a range without saying how long the file is")

    def _restart_error(self, problem: str) -> APIConnectionError:
        """Return the error for parts that do not fit together; the next attempt starts from the first byte."""
        self.validator = None
        return self._error(problem)

    def _error(self, problem: str) -> APIConnectionError:
        # The query of a presigned URL grants access to the file.
        return APIConnectionError(problem, method="GET", url=self.url.partition("?")[0])


def content_length(response: ResponseStream) -> int | None:
    """Return ``Content-Length`` in bytes; None when the server did not send it."""
    text = response.headers.get("content-length", "")
    return int(text) if text.isdecimal() else None


def is_encoded(response: ResponseStream) -> bool:
    """Whether the body has a content coding, although only ``identity`` was accepted; object stores may send one."""
    return response.headers.get("content-encoding", "").strip().lower() not in {"", "identity"}


def require_file(response: ResponseStream) -> None:
    """Check that the status of a response without ``Range`` means that its body is the complete file.

    Raises:
        DecodeError: It does not; 204, for example, has no body, which is not the same as an empty file.
    """
    if response.status_code != 200:
        msg = f"the server responded with {response.status_code} instead of the file (200)"
        raise DecodeError(msg)


def first_byte(response: ResponseStream) -> int | None:
    """Return the position of the first byte from ``Content-Range``; None when the header is absent or malformed."""
    match = re.match(r"bytes (\d{1,18})-", response.headers.get("content-range", ""))
    return int(match[1]) if match else None


def _total_size(response: ResponseStream) -> int | None:
    """Return the size of the complete file from ``Content-Range``; None when it is unknown."""
    match = re.search(r"/(\d{1,18})$", response.headers.get("content-range", ""))
    return int(match[1]) if match else None
