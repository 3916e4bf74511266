"""Cancellation: what calls that were cancelled leave of a client, of this library and of plain httpx.

Run all with ``make bench-cancellation``, or one part with ``python -m benchmarks.cancellation sweep``. The sweep cancels a call
at its first step of the event loop, with a new client at its second, and so on until the call ends before; each in five ways.
Both clients may have one connection, and may keep it. One is bricked when none of three later requests gets through.

The churn cancels calls of twenty tasks at random for ten seconds, with ten connections, and then counts how many requests
the client can still have under way at once.
"""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from importlib.metadata import version
from platform import python_version
from typing import Final

import anyio
import attrs
import httpx

from circleci_v2 import CircleCI, CircleCIError, ConnectionOptions, RateLimitPolicy
from tests.http.cancelling import ASYNCIO_WAYS, SkippingLoop, Way, after, by_cancel_scope
from tests.http.churn import churn
from tests.http.clients import NO_AUTHORITIES
from tests.http.fault_server import json_reply, serving
from tests.http.steady_server import Meeting

Get = Callable[[str], Awaitable[object]]
"""Gets a path below the base URL; raises what it pleases if there is no answer."""
Contender = Callable[[str, int], AbstractAsyncContextManager[Get]]

OURS: Final = "circleci_v2"
LATER_REQUESTS: Final = 3
# Loopback answers within milliseconds; who has no connection by then never gets one.
POOL_TIMEOUT: Final = 1.0
PATIENCE: Final = 5.0
CHURN_SECONDS: Final = 10.0
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
        # Of an operation that it does not know yet it would send a few at a time; what counts here is how many it can.
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
    """What a sweep saw: after how many of its steps the client was bricked, of how many."""

    steps: int = 0
    bricked: int = 0


async def answered(get: Get, path: str, count: int) -> int:
    """How many of so many requests at once get through."""
    through = 0

    async def ask() -> None:
        nonlocal through
        with suppress(httpx.PoolTimeout, CircleCIError):
            await get(path)
            through += 1

    with anyio.move_on_after(PATIENCE):
        async with anyio.create_task_group() as group:
            for _ in range(count):
                group.start_soon(ask)
    return through


async def sweep(contender: Contender, way: Way) -> Swept:
    """Over a new connection, and then over one that was kept."""
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
                    swept.bricked += not await answered(get, "/me", LATER_REQUESTS)
                steps += 1
            swept.steps += steps
    return swept


async def churned(contender: Contender, ways: Sequence[Way]) -> tuple[int, int]:
    """How many calls were cancelled, and how many places were left."""
    meeting = Meeting(lambda _: json_reply({}))
    ends = time.monotonic() + CHURN_SECONDS
    async with serving(meeting) as server, contender(server.url, CHURN_CONNECTIONS) as get:

        async def call() -> None:
            with suppress(httpx.PoolTimeout):
                await get("/me")

        seen = await churn(call, ways, tasks=CHURN_TASKS, seed=1, goes_on=lambda _: time.monotonic() < ends)
        meeting.expect(CHURN_CONNECTIONS)
        await answered(get, "/meeting", CHURN_CONNECTIONS)
        return seen.cancelled, CHURN_CONNECTIONS - meeting.missing


def show_sweeps() -> int:
    """How often our client was bricked."""
    bricked = 0
    print(f"{'cancelled by':22} {'event loop':10} {'client':12} {'steps tried':>11} {'clients bricked':>16}")
    cases = [
        *((name, "asyncio", way) for name, way in ASYNCIO_WAYS.items()),
        ("anyio cancel scope", "trio", by_cancel_scope),
    ]
    for mode, backend, way in cases:
        for name, contender in CONTENDERS.items():
            swept = anyio.run(sweep, contender, way, backend=backend, backend_options=BACKENDS[backend])
            bricked += swept.bricked if name == OURS else 0
            print(f"{mode:22} {backend:10} {name:12} {swept.steps:11} {swept.bricked:16}", flush=True)
    return bricked


def show_churns() -> int:
    """How many places our client lost."""
    lost = 0
    # Timeouts would move on the time that twenty tasks share.
    ways = [way for name, way in ASYNCIO_WAYS.items() if name not in {"asyncio.timeout", "asyncio.wait_for"}]
    print(
        f"{CHURN_SECONDS:g} s of churn           {'event loop':10} {'client':12} {'cancelled':>11} {'places left':>16}"
    )
    for backend, chosen in (("asyncio", ways), ("trio", [by_cancel_scope])):
        for name, contender in CONTENDERS.items():
            cancelled, left = anyio.run(churned, contender, chosen, backend=backend, backend_options=BACKENDS[backend])
            lost += CHURN_CONNECTIONS - left if name == OURS else 0
            places = f"{left} of {CHURN_CONNECTIONS}"
            print(f"{f'{CHURN_TASKS} tasks':22} {backend:10} {name:12} {cancelled:11} {places:>16}", flush=True)
    return lost


PARTS: Final = {"sweep": show_sweeps, "churn": show_churns}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        print(f"{', '.join(unknown)}: there are only {' and '.join(PARTS)}", file=sys.stderr)
        return 2
    versions = " ".join(f"{name} {version(name)}" for name in ("httpx", "httpcore", "anyio", "trio"))
    print(f"Python {python_version()}, {versions}")
    failed = sum(PARTS[name]() for name in names or PARTS)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
