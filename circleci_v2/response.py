"""Responses: with the value parsed from them, or with a body to be read as a stream."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Generic, TypeVar

import attrs

from circleci_v2.policies import RateLimit

__all__ = ["Response", "StreamedBody"]

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Response(Generic[T]):
    """A response of CircleCI, as the methods of `CircleCI.with_raw_response` return it.

    Attributes:
        status_code: The HTTP status, always below 300: redirects are followed, and errors are raised.
        headers: The headers, case-insensitive.
        content: The body in bytes, decompressed.
        parsed: The value that the method returns without ``with_raw_response``.
        attempts: How many requests were sent; 1 when nothing was retried.
        elapsed: Seconds from the call of the method to the last byte, including all delays.
        rate_limit: The rate limit in the headers, or None.
    """

    status_code: int
    headers: Mapping[str, str]
    content: bytes
    parsed: T
    attempts: int = 1
    elapsed: float = 0.0
    rate_limit: RateLimit | None = None

    @property
    def request_id(self) -> str | None:
        """The value of ``x-request-id``, to quote in a support ticket."""
        return self.headers.get("x-request-id")


@attrs.frozen(kw_only=True)
class StreamedBody:
    """A response whose body is read as a stream; iterate over it, once, for the bytes.

    Unless ``decode_content=True`` was passed, the bytes are those of the wire, compressed when ``content-encoding`` says
    so. ``Accept-Encoding: identity`` mostly prevents that, but object stores send a file as it was uploaded.

    Attributes:
        status_code: The HTTP status, below 300.
        headers: The headers, case-insensitive.
        pieces: The iterator over the body.
    """

    status_code: int
    headers: Mapping[str, str]
    pieces: AsyncIterator[bytes] = attrs.field(repr=False)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self.pieces
