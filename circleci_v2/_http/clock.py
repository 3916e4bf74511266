"""Clock: what time it is, and waiting for it; a seam, so that tests neither sleep nor depend on the time of day."""

from __future__ import annotations

import math
import time
from typing import Protocol

import anyio

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """Time in seconds from any beginning."""

    def now(self) -> float:
        """The present; never goes backwards."""
        ...

    async def wait(self, event: anyio.Event, until: float) -> None:
        """Come back when the event is set, or at the given time, whichever is first; `math.inf` is never."""
        ...


class SystemClock:
    """The monotonic clock of this machine."""

    def now(self) -> float:
        """The present."""
        return time.monotonic()

    async def wait(self, event: anyio.Event, until: float) -> None:
        """Come back when the event is set, or at the given time."""
        if until == math.inf:
            await event.wait()
            return
        with anyio.move_on_after(until - self.now()):
            await event.wait()
