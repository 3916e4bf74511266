"""Quota: so many calls in any hour, and the clocks to count them by."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime

import anyio
import attrs

__all__ = ["Quota", "Timing", "poll_delays"]

HOUR = 3600.0
# A little longer, since a call may be on its way for less time than the one whose place it takes.
_WINDOW = HOUR + 5.0


def _now() -> datetime:
    return datetime.now(UTC)


@attrs.frozen(kw_only=True)
class Timing:
    """The clocks and the sleep to wait with; tests pass their own.

    Attributes:
        now: The present moment, with a time zone. Default: the clock of this machine.
        monotonic: Seconds from some moment on. Default: the clock of the event loop.
        sleep: Waits for seconds. Default: that of the event loop.
    """

    now: Callable[[], datetime] = _now
    monotonic: Callable[[], float] = anyio.current_time
    sleep: Callable[[float], Awaitable[object]] = anyio.sleep


class Quota:
    """So many calls in any hour."""

    def __init__(self, calls_per_hour: int, timing: Timing) -> None:
        self._calls_per_hour = calls_per_hour
        self._timing = timing
        self._calls: deque[float] = deque()

    async def take(self, announce: Callable[[float], None]) -> None:
        """Wait for the next call that is allowed."""
        while (delay := self._delay()) > 0:
            announce(delay)
            await self._timing.sleep(delay)
        self._calls.append(self._timing.monotonic())

    def _delay(self) -> float:
        now = self._timing.monotonic()
        while self._calls and self._calls[0] <= now - _WINDOW:
            self._calls.popleft()
        return self._calls[0] + _WINDOW - now if len(self._calls) >= self._calls_per_hour else 0.0


def poll_delays() -> Iterator[float]:
    """Seconds to wait between looks at the state of a job: short at first, then five minutes, for ever."""
    delay = 10.0
    while True:
        yield delay
        delay = min(2 * delay, 300.0)
