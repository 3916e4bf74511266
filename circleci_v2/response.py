"""Response: an answer as it came, beside what was decoded from it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Generic, TypeVar

import attrs

from circleci_v2.policies import RateLimit

__all__ = ["Response", "StreamedBody"]

T = TypeVar("T")
U = TypeVar("U")


@attrs.frozen(kw_only=True)
class Response(Generic[T]):
    """What CircleCI answered, as `CircleCI.with_raw_response` gives it.

    Attributes:
        status_code: The HTTP status, always below 300: redirects are followed, and refusals raised.
        headers: The headers of the answer, case-insensitive.
        content: The body, decompressed, in bytes.
        parsed: What the method without ``with_raw_response`` would have returned.
        attempts: How many requests were sent for it, 1 when nothing was retried.
        elapsed: Seconds from the call of the method to the last byte, waits included.
        rate_limit: The budget that the headers tell, or None when they tell none.
    """

    status_code: int
    headers: Mapping[str, str]
    content: bytes
    parsed: T
    attempts: int = 1
    elapsed: float = 0.0
    rate_limit: RateLimit | None = None

    def with_parsed(self, parsed: U) -> Response[U]:
        """The same answer beside something else that was decoded from it.

        Args:
            parsed: What was decoded.
        """
        return Response(
            status_code=self.status_code,
            headers=self.headers,
            content=self.content,
            parsed=parsed,
            attempts=self.attempts,
            elapsed=self.elapsed,
            rate_limit=self.rate_limit,
        )

    @property
    def request_id(self) -> str | None:
        """The value of ``x-request-id``, to quote in a support ticket."""
        return self.headers.get("x-request-id")


@attrs.frozen(kw_only=True)
class StreamedBody:
    """An answer whose body is still to be read; iterate it once for the bytes, in pieces.

    The pieces are as they travelled. They are compressed where ``content-encoding`` says so; ask for
    ``Accept-Encoding: identity`` to prevent that.

    Attributes:
        status_code: The HTTP status, below 300.
        headers: The headers, case-insensitive.
        pieces: Where the bytes come from.
    """

    status_code: int
    headers: Mapping[str, str]
    pieces: AsyncIterator[bytes] = attrs.field(repr=False)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self.pieces
