"""Clock: the time of a fake, which tests control."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

import anyio
import anyio.lowlevel

from circleci_v2.errors import ConfigurationError

__all__ = ["EPOCH", "Clock", "SkippedWaits", "parse_rfc3339", "rfc3339", "rfc3339_seconds"]

EPOCH: Final = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
"""The default start time: 2026-03-04T15:00:00Z, a Wednesday. It is fixed so that responses are reproducible."""

_SECONDS_BETWEEN_CHECKS: Final = 0.01


class Clock:
    """The clock that determines when pipelines run, workflows end and signed URLs expire.

    By default it only moves when `advance` is called, so that a 30-minute pipeline takes no real time and tests are
    deterministic.

    Args:
        start: The initial time, with a time zone. Default: `EPOCH`.
        speed: Seconds that pass per second of real time. Default: 0, the clock stands still between calls of `advance`.
            1 is real time; at 60, a 5-minute job ends after 5 seconds.
        timer: A monotonic real-time clock, in seconds. Default: `time.monotonic`.

    Raises:
        ConfigurationError: `start` has no time zone, or `speed` is negative.
    """

    def __init__(
        self, start: datetime = EPOCH, *, speed: float = 0.0, timer: Callable[[], float] = time.monotonic
    ) -> None:
        if start.tzinfo is None:
            msg = f"start={start!r} has no time zone: add one, for example with tzinfo=timezone.utc"
            raise ConfigurationError(msg)
        if speed < 0:
            msg = f"speed={speed!r} is negative: pass 0 for a clock that stands still, or a positive factor"
            raise ConfigurationError(msg)
        self._start = start.timestamp()
        self._advanced = 0.0
        self._speed = speed
        self._timer = timer
        self._timer_start = timer()

    def now(self) -> float:
        """Return the current time, in seconds since 1970-01-01T00:00:00Z."""
        return self._start + self._advanced + self._speed * (self._timer() - self._timer_start)

    def moment(self) -> datetime:
        """Return the current time as a datetime in UTC."""
        return datetime.fromtimestamp(self.now(), tz=UTC)

    def advance(self, seconds: float) -> None:
        """Move the clock forward.

        This does not deliver webhooks; `FakeCircleCI.advance` does both.

        Args:
            seconds: The time to move by, in seconds.

        Raises:
            ConfigurationError: `seconds` is negative.
        """
        if seconds < 0:
            msg = f"seconds={seconds!r} is negative: the clock only moves forward"
            raise ConfigurationError(msg)
        self._advanced += seconds

    @property
    def running(self) -> bool:
        """Whether the clock moves with real time."""
        return self._speed > 0


class SkippedWaits:
    """The time of clients in the same process as a fake, in which waits pass without taking real time.

    It is real time plus the waits that were skipped. A wait is skipped when no other task can go on, the shortest one first,
    and moves the clock of the fake too.

    Args:
        clock: The clock of the fake.
        timer: A monotonic real-time clock, in seconds. Default: `time.monotonic`.
    """

    def __init__(self, clock: Clock, *, timer: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._timer = timer
        self._skipped = 0.0
        self._pending: list[float] = []

    def now(self) -> float:
        """Return the current time, in seconds."""
        return self._timer() + self._skipped

    def skip(self, seconds: float) -> None:
        """Let time pass at once."""
        self._skipped += seconds
        self._clock.advance(seconds)

    async def wait(self, event: anyio.Event, until: float) -> None:
        """Return when `event` is set or the time `until` is reached."""
        await anyio.lowlevel.checkpoint()
        if until == math.inf:
            await event.wait()
            return
        self._pending.append(until)
        try:
            while not event.is_set() and until > self.now():
                await self._wait_once(event, until)
        finally:
            self._pending.remove(until)

    async def _wait_once(self, event: anyio.Event, until: float) -> None:
        if until > min(self._pending):
            with anyio.move_on_after(_SECONDS_BETWEEN_CHECKS):
                await event.wait()
            return
        await anyio.wait_all_tasks_blocked()
        if not event.is_set() and until <= min(self._pending):
            self.skip(max(0.0, until - self.now()))


@lru_cache(maxsize=16_384)  # lists render the same times repeatedly
def rfc3339(seconds: float) -> str:
    """Format a time like CircleCI, for example ``2026-03-04T15:00:00.000Z``.

    Args:
        seconds: Seconds since 1970.
    """
    return datetime.fromtimestamp(seconds, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def rfc3339_seconds(seconds: float) -> str:
    """Format a time like CircleCI's workflows and their jobs, without fractions, for example ``2026-03-04T15:00:00Z``.

    Args:
        seconds: Seconds since 1970.
    """
    return rfc3339(seconds)[:-5] + "Z"


def parse_rfc3339(text: str) -> datetime:
    """Parse a time in RFC 3339 format, in which ``T`` and ``Z`` may be lower case (section 5.6)."""
    return datetime.fromisoformat(text.upper())
