"""Clock: the time at the fake CircleCI, which passes when the test says so."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

__all__ = ["EPOCH", "Clock", "parse_rfc3339", "rfc3339"]

EPOCH: Final = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
"""Where time begins unless told otherwise: a Wednesday afternoon, so that every run gives the same answers."""


class Clock:
    """The time by which pipelines run, workflows end and signatures expire.

    It stands still by default, so that a 30-minute pipeline takes no time and a test sees exactly the moment it asked
    for.

    Args:
        start: The first moment. Default: `EPOCH`.
        speed: Seconds that pass here per second outside. Default: 0, time stands still between calls of `advance`;
            1 keeps pace with the world, 60 lets a 5-minute job end after 5 seconds.
        timer: The clock outside, in seconds; only differences matter.

    Raises:
        ValueError: `start` has no time zone, or `speed` is negative.
    """

    def __init__(
        self, start: datetime = EPOCH, *, speed: float = 0.0, timer: Callable[[], float] = time.monotonic
    ) -> None:
        if start.tzinfo is None:
            msg = f"start={start!r} has no time zone: say which moment it is, for example with tzinfo=timezone.utc"
            raise ValueError(msg)
        if speed < 0:
            msg = f"speed={speed!r} is negative, but time only goes forward: pass 0 to let it stand still"
            raise ValueError(msg)
        self._start = start.timestamp()
        self._advanced = 0.0
        self._speed = speed
        self._timer = timer
        self._timer_start = timer()

    def now(self) -> float:
        """The present moment, in seconds since 1970-01-01T00:00:00Z."""
        return self._start + self._advanced + self._speed * (self._timer() - self._timer_start)

    def moment(self) -> datetime:
        """The present moment, in UTC."""
        return datetime.fromtimestamp(self.now(), tz=UTC)

    def advance(self, seconds: float) -> None:
        """Let time pass at once.

        Args:
            seconds: How much of it.

        Raises:
            ValueError: `seconds` is negative.
        """
        if seconds < 0:
            msg = f"seconds={seconds!r} is negative, but time only goes forward"
            raise ValueError(msg)
        self._advanced += seconds

    @property
    def running(self) -> bool:
        """Whether time passes by itself."""
        return self._speed > 0


@lru_cache(maxsize=16_384)  # lists show the same moments again and again
def rfc3339(seconds: float) -> str:
    """The text CircleCI writes for a moment, for example ``2026-03-04T15:00:00.000Z``."""
    return datetime.fromtimestamp(seconds, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_rfc3339(text: str) -> datetime:
    """The moment of a text by RFC 3339, which allows small letters, too: ``2026-03-04t15:00:00z``."""
    return datetime.fromisoformat(text.upper())
