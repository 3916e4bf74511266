"""Rate limits: how many calls are let through, and what the headers tell of it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final, Literal

from circleci_v2.testing.messages import Answer

__all__ = ["HeaderFamily", "RateLimit"]

HeaderFamily = Literal["RateLimit", "X-RateLimit"]

_BODIES: Final[Mapping[str, Answer]] = {
    "message": Answer.message("Rate limit exceeded.", HTTPStatus.TOO_MANY_REQUESTS),
    "empty object": Answer.json({}, HTTPStatus.TOO_MANY_REQUESTS),
    "text": Answer.text("Rate limited.", HTTPStatus.TOO_MANY_REQUESTS),
}


class RateLimit:
    """A limit on calls, in real time: a client that is told to wait really has to.

    Args:
        limit: How many calls may be made at once, or within one window.
        seconds: How long it takes until all of them may be made again. Default: 1.
        kind: ``bucket`` gives calls back one by one, all the time; ``window`` gives all back at its end. Default:
            ``bucket``.
        headers: Which headers tell the budget: one family, both, or none. Default: ``RateLimit``.
        retry_after: Whether a refusal says how long to wait. Default: True.
        body: What the body of a refusal is, of those that CircleCI is seen to send. Default: ``message``.
        timer: The clock, in seconds; only differences matter.

    Raises:
        ValueError: `limit` or `seconds` is not positive.
    """

    def __init__(
        self,
        limit: int,
        *,
        seconds: float = 1.0,
        kind: Literal["bucket", "window"] = "bucket",
        headers: tuple[HeaderFamily, ...] = ("RateLimit",),
        retry_after: bool = True,
        body: Literal["message", "empty object", "text"] = "message",
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        if limit < 1 or seconds <= 0:
            msg = f"limit={limit!r} and seconds={seconds!r}: at least one call has to be let through in some time"
            raise ValueError(msg)
        self._limit = limit
        self._seconds = seconds
        self._kind = kind
        self._headers = headers
        self._retry_after = retry_after
        self._body = body
        self._timer = timer
        self._remaining = float(limit)
        self._at = timer()
        self.refused = 0
        """How many calls were refused."""

    def take(self) -> Answer | None:
        """Let a call through, or refuse it."""
        self._refill()
        if self._remaining >= 1:
            self._remaining -= 1
            return None
        self.refused += 1
        wait = {"retry-after": str(math.ceil(self._reset()))} if self._retry_after else {}
        return _BODIES[self._body].with_headers({**wait, **self.headers()})

    def headers(self) -> dict[str, str]:
        """What an answer tells of the budget."""
        values = {"limit": self._limit, "remaining": int(self._remaining), "reset": math.ceil(self._reset())}
        return {f"{family.lower()}-{name}": str(value) for family in self._headers for name, value in values.items()}

    def _refill(self) -> None:
        now = self._timer()
        if self._kind == "bucket":
            self._remaining = min(self._limit, self._remaining + (now - self._at) * self._limit / self._seconds)
            self._at = now
        elif now - self._at >= self._seconds:
            self._remaining = self._limit
            self._at += (now - self._at) // self._seconds * self._seconds

    def _reset(self) -> float:
        """Seconds until there is a call to make again, or until the window ends."""
        if self._kind == "bucket":
            return max(0.0, (1 - self._remaining) * self._seconds / self._limit)
        return max(0.0, self._seconds - (self._timer() - self._at))
