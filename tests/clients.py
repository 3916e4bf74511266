"""A client whose waits take no time."""

from __future__ import annotations

import math
from typing import Protocol

import anyio

from circleci_v2._http.session import Session
from circleci_v2.client import CircleCI
from tests.loopback import TOKEN


class Elapsing(Protocol):
    elapsed: float


class SkippingClock:
    """A clock that jumps ahead instead of waiting; may share its time with another."""

    def __init__(self, time: Elapsing | None = None) -> None:
        self.elapsed = 0.0
        self._time = time or self

    def now(self) -> float:
        return self._time.elapsed

    async def wait(self, event: anyio.Event, until: float) -> None:
        if until == math.inf:
            await event.wait()
        elif not event.is_set():
            self._time.elapsed = max(self._time.elapsed, until)
            await anyio.lowlevel.checkpoint()


class SkippingClient(CircleCI):
    def __init__(self, origin: str, time: Elapsing | None = None) -> None:
        super().__init__(TOKEN, base_url=f"{origin}/api/v2")
        self._session = Session(self._settings, clock=SkippingClock(time))
