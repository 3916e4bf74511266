"""Several sessions with one token that share a store, in virtual time: what processes do, without processes."""

from __future__ import annotations

import random
from collections.abc import Callable

import anyio
import attrs
import httpx

from circleci_v2 import RateLimitPolicy, RetryPolicy
from circleci_v2._http.rate_limit.shared_entries import Entry
from circleci_v2._http.rate_limit.shared_model import SharedModel
from circleci_v2._http.session import Session
from circleci_v2._wire.request import Request
from circleci_v2.config import resolve
from circleci_v2.events import Event
from circleci_v2.fleet import MemoryStore
from circleci_v2.policies import StoreConnection, StoreReply
from tests.http.limited import Server
from tests.http.virtual_time import VirtualClock

__all__ = ["Fleet", "LimitedTransport", "SlowStore"]

ME = Request("GET", "/me")
ROUND_TRIP = 0.02


class LimitedTransport(httpx.AsyncBaseTransport):
    """Passes the requests of a fleet to a simulated server."""

    def __init__(self, clock: VirtualClock, server: Server, *, seed: int = 0) -> None:
        self._clock, self._server, self._random = clock, server, random.Random(seed)
        self.accepted_at: list[float] = []
        self.rejected_at: list[float] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self._clock.sleep(ROUND_TRIP * 0.1 + self._random.random() * 0.002)
        now = self._clock.now()
        verdict = self._server.ask(now)
        (self.accepted_at if verdict.accepted else self.rejected_at).append(now)
        headers: dict[str, str] = {}
        if verdict.limit is not None:
            headers = {
                "RateLimit-Limit": str(verdict.limit.limit),
                "RateLimit-Remaining": str(verdict.limit.remaining),
                "RateLimit-Reset": str(int(verdict.limit.reset or 0)),
            }
        if not verdict.accepted and verdict.retry_after is not None:
            headers["Retry-After"] = str(verdict.retry_after)
        await self._clock.sleep(ROUND_TRIP * 0.9 + self._random.random() * 0.002)
        return httpx.Response(200 if verdict.accepted else 429, headers=headers, json={})

    async def aclose(self) -> None:
        """Stay open for the other sessions."""


@attrs.define
class SlowStore:
    """A store that takes a while for each exchange; the entry arrives in the middle of it."""

    memory: MemoryStore
    clock: VirtualClock
    seconds: float = 0.001

    def connect(self) -> StoreConnection:
        return _SlowConnection(self)


@attrs.define
class _SlowConnection:
    store: SlowStore

    async def exchange(self, key: str, *, epoch: str, position: int, entry: str, snapshot: str | None) -> StoreReply:
        await self.store.clock.sleep(self.store.seconds / 2)
        reply = self.store.memory.exchange(key, epoch=epoch, position=position, entry=entry, snapshot=snapshot)
        await self.store.clock.sleep(self.store.seconds / 2)
        return reply

    async def aclose(self) -> None:
        pass


class Fleet:
    """Sessions that share limits, and what became of their calls."""

    def __init__(
        self, clock: VirtualClock, server: Server, *, size: int = 4, shared: bool = True, concurrency: int = 100
    ) -> None:
        self.clock = clock
        self.transport = LimitedTransport(clock, server)
        self.memory = MemoryStore(clock.now)
        store = SlowStore(self.memory, clock) if shared else None
        self.events: list[list[Event]] = [[] for _ in range(size)]
        self.sessions = [self._session(events.append, store, concurrency) for events in self.events]
        self.finished_at = [0.0] * size

    def _session(self, on_event: Callable[[Event], None], store: SlowStore | None, concurrency: int) -> Session:
        settings = resolve(
            "token",
            on_event=on_event,
            max_concurrency=concurrency,
            retry=RetryPolicy(deadline=None, max_retries=1000),
            rate_limit=RateLimitPolicy(store=store),
        )
        return Session(settings, transport=self.transport, clock=self.clock, random=random.Random(0).random)

    async def run(self, calls: int, *, members: range | None = None) -> None:
        """Let each session make its calls, as many at a time as it may."""
        async with anyio.create_task_group() as group:
            for index in members or range(len(self.sessions)):
                group.start_soon(self._calls, index, calls)

    async def _calls(self, index: int, calls: int) -> None:
        async with anyio.create_task_group() as group:
            for _ in range(calls):
                group.start_soon(self.sessions[index].send, ME)
        self.finished_at[index] = self.clock.now()

    def model(self) -> SharedModel:
        """Return the state that follows from the log."""
        (log,) = self.memory._logs.values()
        model = SharedModel.from_text(log.snapshot, RateLimitPolicy())
        for stamp, text in log.entries[log.snapshot_at - log.base :]:
            model.apply(Entry.from_text(text), stamp)
        return model

    async def aclose(self) -> None:
        for session in self.sessions:
            await session.aclose()
