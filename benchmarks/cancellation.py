"""Whether a client still works after calls were cancelled.

The sweep cancels a call at its first step of the event loop, then with a new client at its second step, and so on until the
call completes first; it does so in five ways. Each client may have one connection, and may keep it alive. A client is
unusable if none of three later requests succeeds.

The churn cancels calls of twenty tasks at random for some seconds, with ten connections, and then counts how many concurrent
requests the client still supports.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Final

import anyio
import attrs
import httpx

from benchmarks.harness import Bound, Settings, row_of
from benchmarks.results import Column, Row, Table
from circleci_v2 import CircleCI, CircleCIError, ConnectionOptions, RateLimitPolicy
from tests.http.cancelling import ASYNCIO_WAYS, SkippingLoop, Way, after, by_cancel_scope
from tests.http.churn import churn
from tests.http.clients import NO_AUTHORITIES
from tests.http.fault_server import json_reply, serving
from tests.http.steady_server import Meeting

TITLE: Final = "Cancellation"
SECONDS: Final = 180.0

Get = Callable[[str], Awaitable[object]]
"""Get a path below the base URL; raise any exception if there is no response."""
Contender = Callable[[str, int], AbstractAsyncContextManager[Get]]

OURS: Final = "circleci_v2"
LATER_REQUESTS: Final = 3
# Loopback responses take milliseconds; a request without a connection after this time never gets one.
POOL_TIMEOUT: Final = 1.0
MAX_WAIT: Final = 5.0
CHURN_TASKS: Final = 20
CHURN_CONNECTIONS: Final = 10
BACKENDS: Final = {"asyncio": {"loop_factory": SkippingLoop}, "trio": {}}


@asynccontextmanager
async def ours(base_url: str, connections: int) -> AsyncGenerator[Get]:
    async with CircleCI(
        "token",
        base_url=base_url,
        max_concurrency=connections,
        connection=ConnectionOptions(verify=NO_AUTHORITIES, trust_env=False),
        # The limiter would send only a few concurrent requests of an operation without known limits.
        rate_limit=RateLimitPolicy(enabled=False),
    ) as circleci:

        async def get(path: str) -> object:
            return await circleci.request("GET", path)

        yield get


@asynccontextmanager
async def plain(base_url: str, connections: int) -> AsyncGenerator[Get]:
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    timeout = httpx.Timeout(20, pool=POOL_TIMEOUT)
    async with httpx.AsyncClient(limits=limits, timeout=timeout, verify=NO_AUTHORITIES, trust_env=False) as client:

        async def get(path: str) -> object:
            return (await client.get(base_url + path)).raise_for_status().json()

        yield get


CONTENDERS: Final[dict[str, Contender]] = {OURS: ours, "plain httpx": plain}


@attrs.define
class Swept:
    """The number of steps of a sweep, and after how many of them the client was unusable."""

    steps: int = 0
    unusable: int = 0


async def count_successes(get: Get, path: str, count: int) -> int:
    """Send concurrent requests, and return how many succeed."""
    successes = 0

    async def request() -> None:
        nonlocal successes
        with suppress(httpx.PoolTimeout, CircleCIError):
            await get(path)
            successes += 1

    with anyio.move_on_after(MAX_WAIT):
        async with anyio.create_task_group() as group:
            for _ in range(count):
                group.start_soon(request)
    return successes


async def sweep(contender: Contender, way: Way) -> Swept:
    """Sweep a call over a new connection, and then over a kept-alive one."""
    swept = Swept()
    async with serving(lambda _: json_reply({})) as server:
        for warm in (False, True):
            finished = False
            steps = 0
            while not finished:
                async with contender(server.url, 1) as get:
                    if warm:
                        await get("/me")
                    finished = await way(lambda get=get: get("/me"), after(steps))  # type: ignore[misc]
                    swept.unusable += not await count_successes(get, "/me", LATER_REQUESTS)
                steps += 1
            swept.steps += steps
    return swept


async def churned(contender: Contender, ways: Sequence[Way], seconds: float) -> tuple[int, int]:
    """Return the number of cancelled calls, and of usable connections afterwards."""
    meeting = Meeting(lambda _: json_reply({}))
    ends = time.monotonic() + seconds
    async with serving(meeting) as server, contender(server.url, CHURN_CONNECTIONS) as get:

        async def call() -> None:
            with suppress(httpx.PoolTimeout):
                await get("/me")

        seen = await churn(call, ways, tasks=CHURN_TASKS, seed=1, goes_on=lambda _: time.monotonic() < ends)
        meeting.expect(CHURN_CONNECTIONS)
        await count_successes(get, "/meeting", CHURN_CONNECTIONS)
        return seen.cancelled, CHURN_CONNECTIONS - meeting.missing


def measure(settings: Settings) -> Iterator[Table]:
    """Yield the tables of the sweep and of the churn."""
    yield sweep_table(settings)
    yield churn_table(settings.choose(8.0, 1.0))


def sweep_table(settings: Settings) -> Table:
    columns = [Column(name="steps", digits=0), Column(name="unusable after", digits=0, compared=True)]
    cases = [
        *((name, "asyncio", way) for name, way in ASYNCIO_WAYS.items()),
        ("anyio cancel scope", "trio", by_cancel_scope),
    ]
    rows: list[Row] = []
    for mode, backend, way in settings.choose(cases, cases[:1]):
        for name, contender in CONTENDERS.items():
            swept = anyio.run(sweep, contender, way, backend=backend, backend_options=BACKENDS[backend])
            values = {"steps": float(swept.steps), "unusable after": float(swept.unusable)}
            rows.append(row(f"{name}, {mode}, {backend}", name, values, Bound(column="unusable after", at_most=0)))
    return Table(name="sweep", title="Steps after which a client is unusable", columns=columns, rows=rows)


def churn_table(seconds: float) -> Table:
    columns = [
        Column(name="cancelled calls", digits=0),
        Column(name="connections left", digits=0, better="higher", compared=True),
    ]
    # A timeout advances the virtual clock of the event loop, which all tasks share.
    ways = [way for name, way in ASYNCIO_WAYS.items() if name not in {"asyncio.timeout", "asyncio.wait_for"}]
    rows: list[Row] = []
    for backend, chosen in (("asyncio", ways), ("trio", [by_cancel_scope])):
        for name, contender in CONTENDERS.items():
            cancelled, left = anyio.run(
                churned, contender, chosen, seconds, backend=backend, backend_options=BACKENDS[backend]
            )
            values = {"cancelled calls": float(cancelled), "connections left": float(left)}
            bound = Bound(column="connections left", at_least=CHURN_CONNECTIONS)
            rows.append(row(f"{name}, {backend}", name, values, bound))
    title = f"Connections left, of {CHURN_CONNECTIONS}, after {seconds:g} s of random cancellation"
    return Table(name="churn", title=title, columns=columns, rows=rows)


def row(title: str, name: str, values: dict[str, float], bound: Bound) -> Row:
    return row_of(title, "ours", values, bound) if name == OURS else row_of(title, "other", values)
