"""One interactive call is not queued behind thousands of bulk ones."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest

from circleci_v2 import CircleCI
from circleci_v2._http.session import CallOptions, Session
from circleci_v2._wire.request import Request
from circleci_v2.config import resolve
from tests.http.limited import TokenBucket
from tests.http.virtual_time import VirtualClock, settled, virtual_time

pytestmark = pytest.mark.anyio

RATE, LATENCY = 50, 0.02
BULK, INTERACTIVE = CallOptions(priority="bulk"), CallOptions(priority="interactive")


@pytest.fixture
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    metafunc.parametrize("anyio_backend", ["asyncio", "trio"], indirect=True)


class LimitedTransport(httpx.AsyncBaseTransport):
    """A token bucket behind a transport, in virtual time."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._bucket = TokenBucket(RATE, 50)
        self.refused = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        verdict = self._bucket.ask(self._clock.now())
        await self._clock.sleep(LATENCY)
        self.refused += not verdict.accepted
        assert verdict.limit
        told = {"RateLimit-Limit": str(verdict.limit.limit), "RateLimit-Remaining": str(verdict.limit.remaining)}
        if not verdict.accepted:
            return httpx.Response(429, headers={**told, "Retry-After": str(verdict.retry_after)})
        return httpx.Response(200, json={}, headers=told)


async def test_an_interactive_call_beside_five_thousand_bulk_calls_waits_for_one_refill_at_most():
    async with virtual_time() as clock:
        transport = LimitedTransport(clock)
        session = Session(resolve("token"), transport=transport, clock=clock)
        request, taken = Request("GET", "/me"), list[float]()
        async with anyio.create_task_group() as tasks:
            for _ in range(5_000):
                tasks.start_soon(session.send, request, BULK)
            await clock.sleep(5.0)
            for _ in range(50):
                started = clock.now()
                await session.send(request, INTERACTIVE)
                taken.append(clock.now() - started)
                await clock.sleep(0.05)
            tasks.cancel_scope.cancel()
        await session.aclose()
    assert statistics.median(taken) <= 1 / RATE + LATENCY + 0.001
    assert transport.refused == 0


class Turns(httpx.AsyncBaseTransport):
    """Holds every request until `go` is set, and records their order."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.go = anyio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.paths.append(request.url.path.rpartition("/")[2])
        await self.go.wait()
        return httpx.Response(200, json={})


@pytest.mark.parametrize(
    ("choose", "first"),
    [
        (lambda circleci: circleci, "interactive"),
        (lambda circleci: circleci.with_options(priority="interactive"), "bulk"),
    ],
    ids=["as it is", "made interactive"],
)
async def test_calls_inside_map_are_bulk_unless_they_say_otherwise(choose: Callable[[CircleCI], CircleCI], first: str):
    turns = Turns()
    async with CircleCI("token", transport=turns, max_concurrency=1) as circleci, anyio.create_task_group() as tasks:
        inside = choose(circleci)

        async def fetch(name: str) -> Any:
            return await inside.request("GET", f"/{name}")

        async def crawl() -> None:
            async for _ in circleci.map(fetch, ["held", "bulk"], concurrency=2):
                pass

        tasks.start_soon(crawl)
        await settled()
        tasks.start_soon(circleci.request, "GET", "/interactive")
        await settled()
        turns.go.set()
    assert turns.paths[0] == "held"
    assert turns.paths[1] == first
