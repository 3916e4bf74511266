"""A virtual clock: it jumps to the next deadline as soon as all tasks wait."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
from anyio.lowlevel import checkpoint

__all__ = ["VirtualClock", "settled", "virtual_time"]

# More turns of the event loop than anything here takes to come to rest.
_TURNS = 25


class VirtualClock:
    """A clock for a session or a limiter."""

    def __init__(self) -> None:
        self._now = 0.0
        self._sleepers: list[tuple[float, int, anyio.Event]] = []
        self._numbers = itertools.count()

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        await self.wait(anyio.Event(), self._now + seconds)

    async def wait(self, event: anyio.Event, until: float) -> None:
        if until == math.inf:
            await event.wait()
            return
        over = anyio.Event()
        heapq.heappush(self._sleepers, (until, next(self._numbers), over))
        async with anyio.create_task_group() as group:

            async def first(one: anyio.Event) -> None:
                await one.wait()
                group.cancel_scope.cancel()

            group.start_soon(first, over)
            group.start_soon(first, event)

    async def run(self) -> None:
        """Advance the time whenever all other tasks wait."""
        while True:
            await settled()
            if not self._sleepers:
                continue
            until, _, over = heapq.heappop(self._sleepers)
            self._now = max(self._now, until)
            over.set()


async def settled() -> None:
    """Return when all tasks wait. `anyio.wait_all_tasks_blocked` sleeps in real time on asyncio."""
    for _ in range(_TURNS):
        await checkpoint()


@asynccontextmanager
async def virtual_time() -> AsyncGenerator[VirtualClock]:
    """Run a virtual clock inside the block."""
    clock = VirtualClock()
    async with anyio.create_task_group() as group:
        group.start_soon(clock.run)
        yield clock
        group.cancel_scope.cancel()
