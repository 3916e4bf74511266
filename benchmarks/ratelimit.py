"""Rate limits: wall time relative to the least that the limit allows, and rejected calls.

The server limits the rate with a token bucket or a window, and responds after a fixed latency. The floor is
(calls - burst) / rate, plus one round trip. The rows are `map` with 100 concurrent calls, 1,000 tasks at once, and the usual
code: gather, a semaphore of 100, and a loop that waits for ``Retry-After``, or else up to half a second (with 300 calls, as it
needs much more CPU time per call). Rejected calls are a share of all calls: 147 % are 1.47 rejections per call.

A server without a limit that rejects a random share of all requests has no floor; the baseline is the same client without
rate limiting. Clients that wait for a limit need little CPU time, so the scenarios of one rate run at the same time, each in
processes of its own. The servers send truthful headers or none; those recorded from the live API were constant, which the
client treats as none.
"""

from __future__ import annotations

import asyncio
import json
import math
import multiprocessing
import random
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Literal

import attrs
import httpx

from benchmarks.harness import RELATIVE, TIMES_FLOOR, Bound, Settings, compared_table, row_of, run_child
from benchmarks.limited_server import Limits, limited_server
from benchmarks.results import Column, Row, Table
from circleci_v2 import CircleCI, RateLimitPolicy, RetryPolicy

TITLE: Final = "Rate limits"
SECONDS: Final = 480.0

CONCURRENCY: Final = 100
RETRY: Final = RetryPolicy(max_retries=100, deadline=None)
NAIVE_CALLS: Final = 300
INTERACTIVE_BOUND: Final = 0.040
"""Seconds: twice the latency of the server."""
REJECTED: Final = "rejected"

OURS: Final = "circleci_v2, map"
TASKS: Final = "circleci_v2, all tasks at once"
NAIVE: Final = "gather and retry"
UNPACED: Final = "circleci_v2, no limiter"


@attrs.frozen(kw_only=True)
class Scenario:
    """A limit, and the bounds of `map` in it.

    Attributes:
        title: A description.
        limits: The limit.
        clients: The alternatives that are measured.
        calls: The calls of each process.
        processes: The number of processes that share the limit.
        wall_bound: The largest wall time relative to the floor, or to the client without rate limiting.
        rejected_bound: The largest share of rejected calls.
    """

    title: str
    limits: Limits
    clients: Sequence[str] = (OURS, TASKS, NAIVE)
    calls: int = 1_000
    processes: int = 1
    wall_bound: float
    rejected_bound: float

    def calls_of(self, client: str) -> int:
        """Return the calls of each process."""
        return min(self.calls, NAIVE_CALLS) if client == NAIVE else self.calls

    def floor(self, client: str) -> float | None:
        """The seconds that the limit allows; None without a limit."""
        if not self.limits.rate:
            return None
        total = self.calls_of(client) * self.processes
        if self.limits.kind == "window":
            return math.ceil(total / self.limits.burst) - 1 + self.limits.latency
        return max(total - self.limits.burst, 0) / self.limits.rate + self.limits.latency


SLOW: Final = {
    "steady": Scenario(
        title="50/s, burst 50, headers",
        limits=Limits(rate=50, burst=50, latency=0.02),
        wall_bound=1.02,
        rejected_bound=0.0,
    ),
    "silent": Scenario(
        title="50/s, burst 50, no headers",
        limits=Limits(rate=50, burst=50, latency=0.02, headers=False),
        wall_bound=1.10,
        rejected_bound=0.05,
    ),
    "windows": Scenario(
        title="50 per window of 1 s, headers",
        limits=Limits(rate=50, burst=50, latency=0.02, kind="window"),
        wall_bound=1.15,
        rejected_bound=0.01,
    ),
    "burst": Scenario(
        title="50/s, burst 10, 200 ms latency, headers",
        limits=Limits(rate=50, burst=10, latency=0.2),
        wall_bound=1.15,
        rejected_bound=0.0,
    ),
    "silent-burst": Scenario(
        title="50/s, burst 10, 200 ms latency, no headers",
        limits=Limits(rate=50, burst=10, latency=0.2, headers=False),
        wall_bound=1.15,
        rejected_bound=0.03,
    ),
    "processes": Scenario(
        title="50/s, burst 50, headers, three processes",
        limits=Limits(rate=50, burst=50, latency=0.02),
        clients=(OURS,),
        calls=350,
        processes=3,
        wall_bound=1.03,
        rejected_bound=0.05,
    ),
}
FAST: Final = {
    "fast": Scenario(
        title="200/s, burst 50, headers",
        limits=Limits(rate=200, burst=50, latency=0.02),
        wall_bound=1.02,
        rejected_bound=0.0,
    ),
    "silent-fast": Scenario(
        title="200/s, burst 50, no headers",
        limits=Limits(rate=200, burst=50, latency=0.02, headers=False),
        clients=(OURS,),
        calls=4_000,
        wall_bound=1.15,
        rejected_bound=0.03,
    ),
    "silent-faster": Scenario(
        title="500/s, burst 50, no headers",
        limits=Limits(rate=500, burst=50, latency=0.02, headers=False),
        clients=(OURS,),
        calls=10_000,
        wall_bound=1.15,
        rejected_bound=0.03,
    ),
}
RETRY_AFTER: Final[dict[str, Literal["none", "zero"]]] = {"no Retry-After": "none", "Retry-After: 0": "zero"}
RANDOM: Final[dict[str, Scenario]] = {
    f"random-{percent}-{RETRY_AFTER[header]}": Scenario(
        title=f"No limit, a random {percent} % rejected with {header}",
        limits=Limits(latency=0.02, rejected_percent=percent, retry_after=RETRY_AFTER[header]),
        clients=(UNPACED, OURS),
        calls=1_500,
        wall_bound=2.5,
        rejected_bound=1.2 * percent / (100 - percent),
    )
    for percent, header in (
        (1, "no Retry-After"),
        (3, "Retry-After: 0"),
        (5, "no Retry-After"),
    )
}
SCENARIOS: Final = {**SLOW, **FAST, **RANDOM}


def our_client(base_url: str, *, paced: bool = True) -> CircleCI:
    rate_limit = RateLimitPolicy(enabled=paced)
    return CircleCI("a-token", base_url=base_url, max_concurrency=CONCURRENCY, retry=RETRY, rate_limit=rate_limit)


async def ours(base_url: str, calls: int, *, paced: bool = True) -> None:
    async with our_client(base_url, paced=paced) as circleci:
        me = circleci.map(lambda _: circleci.request("GET", "/me"), range(calls), concurrency=CONCURRENCY)
        assert len([outcome.result async for outcome in me]) == calls


async def ours_as_tasks(base_url: str, calls: int) -> None:
    """Start every call as a task, so that only the client bounds the requests in flight."""
    async with our_client(base_url) as circleci, asyncio.TaskGroup() as group:
        for _ in range(calls):
            group.create_task(circleci.request("GET", "/me"))


async def naive(base_url: str, calls: int) -> None:
    """The usual code: gather, a semaphore, and a loop that waits for the time in Retry-After, or else up to half a second."""
    limits = httpx.Limits(max_connections=CONCURRENCY, max_keepalive_connections=CONCURRENCY)
    semaphore = asyncio.Semaphore(CONCURRENCY)
    async with httpx.AsyncClient(limits=limits, timeout=30) as client:

        async def call() -> None:
            async with semaphore:
                while (response := await client.get(f"{base_url}/me")).status_code == 429:  # noqa: ASYNC110 - it polls
                    await asyncio.sleep(float(response.headers.get("retry-after", random.random() / 2)))

        await asyncio.gather(*(call() for _ in range(calls)))


async def unpaced(base_url: str, calls: int) -> None:
    await ours(base_url, calls, paced=False)


CLIENTS: Final[dict[str, Callable[[str, int], Awaitable[None]]]] = {
    OURS: ours,
    TASKS: ours_as_tasks,
    NAIVE: naive,
    UNPACED: unpaced,
}


def _run(client: str, base_url: str, calls: int) -> None:
    asyncio.run(CLIENTS[client](base_url, calls))  # type: ignore[arg-type]


def print_sample(name: str, client: str, divisor: int) -> None:
    """Print the wall time and the number of rejections; run in a process of its own."""
    scenario = SCENARIOS[name]
    calls = scenario.calls_of(client) // divisor
    with limited_server(Limits()) as server:
        # The first call of a process imports modules.
        _run(client, server.url, 1)
    with limited_server(scenario.limits) as server:
        if scenario.limits.rate:
            # Let the bucket fill, or a new window start.
            time.sleep(1.0)
        started = time.monotonic()
        if scenario.processes == 1:
            _run(client, server.url, calls)
        else:
            context = multiprocessing.get_context("fork")
            workers = [
                context.Process(target=_run, args=(client, server.url, calls)) for _ in range(scenario.processes)
            ]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
        wall = time.monotonic() - started
        print(json.dumps({"wall": wall, "rejected": server.stop().rejected / (calls * scenario.processes)}))


@attrs.define
class Samples:
    """The samples of one alternative in one scenario."""

    wall: list[float] = attrs.field(factory=list[float])
    rejected: list[float] = attrs.field(factory=list[float])


Pair = tuple[str, str]
"""A scenario and a client."""


def measure_together(pairs: Sequence[Pair], *, rounds: int, at_once: int, divisor: int) -> dict[Pair, Samples]:
    """Measure scenarios with several at once, in an order that is reversed in every other round."""
    samples = {pair: Samples() for pair in pairs}

    def sample(pair: Pair) -> None:
        program = f"from benchmarks.ratelimit import print_sample; print_sample({pair[0]!r}, {pair[1]!r}, {divisor})"
        found = json.loads(run_child([sys.executable, "-c", program], timeout=120).output)
        samples[pair].wall.append(found["wall"])
        samples[pair].rejected.append(100 * found["rejected"])

    for number in range(rounds):
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(sample, pairs[::-1] if number % 2 else pairs))
    return samples


def pairs_of(scenarios: dict[str, Scenario], clients: Sequence[str]) -> list[Pair]:
    return [(name, client) for name, scenario in scenarios.items() for client in clients if client in scenario.clients]


def measure(settings: Settings) -> Iterator[Table]:
    """Yield a table for each scenario, and one for interactive calls."""
    rounds, divisor = settings.choose(3, 1), settings.choose(1, 5)
    samples: dict[Pair, Samples] = {}
    chosen = settings.choose(SCENARIOS, {name: SCENARIOS[name] for name in ("steady", "fast", "random-3-zero")})
    for scenarios, clients, at_once, times in (
        (SLOW, (OURS, TASKS), 12, rounds),
        (FAST, (OURS, TASKS), 4, settings.choose(2, 1)),
        (RANDOM, (UNPACED, OURS), 1, rounds),
        (SCENARIOS, (NAIVE,), 1, 1),
    ):
        pairs = pairs_of({name: scenario for name, scenario in scenarios.items() if name in chosen}, clients)
        samples |= measure_together(pairs, rounds=times, at_once=at_once, divisor=divisor)
    for name, scenario in chosen.items():
        found = {client: samples[name, client] for client in scenario.clients}
        yield (
            limited_table(name, scenario, found, divisor)
            if scenario.limits.rate
            else random_table(name, scenario, found)
        )
    yield interactive_table(settings.choose(50, 5))


def limited_table(name: str, scenario: Scenario, samples: dict[str, Samples], divisor: int) -> Table:
    wall, ratio, rejected = (
        Column(name="wall time", unit="s"),
        Column(name=TIMES_FLOOR, digits=3, compared=True),
        Column(name=REJECTED, unit="%", digits=1),
    )
    rows: list[Row] = []
    for client, found in samples.items():
        scaled = attrs.evolve(scenario, calls=scenario.calls_of(client) // divisor)
        floor = scaled.floor(client)
        assert floor is not None
        bounds = (
            Bound(column=ratio.name, at_most=scenario.wall_bound),
            Bound(column=rejected.name, at_most=100 * scenario.rejected_bound),
        )
        values = {
            wall.name: found.wall,
            ratio.name: [seconds / floor for seconds in found.wall],
            rejected.name: found.rejected,
        }
        rows.append(row_of(client, "other" if client == NAIVE else "ours", values, *(bounds if client == OURS else ())))
    return Table(name=name, title=scenario.title, columns=[wall, ratio, rejected], rows=rows, plotted=TIMES_FLOOR)


def random_table(name: str, scenario: Scenario, samples: dict[str, Samples]) -> Table:
    return compared_table(
        name,
        scenario.title,
        {client: found.wall for client, found in samples.items()},
        value=Column(name="wall time", unit="s"),
        baseline=UNPACED,
        ours=samples,
        bounds={
            OURS: (
                Bound(column=RELATIVE, at_most=scenario.wall_bound),
                Bound(column=REJECTED, at_most=100 * scenario.rejected_bound),
            )
        },
        more={client: {REJECTED: found.rejected} for client, found in samples.items()},
        more_columns=[Column(name=REJECTED, unit="%", digits=1)],
        plotted="",
    )


def interactive_while_bulk(samples: int) -> list[float]:
    """Return the durations of interactive calls, in seconds, while 5,000 bulk calls are queued."""

    async def main(base_url: str) -> list[float]:
        durations: list[float] = []
        async with our_client(base_url) as circleci:
            bulk = circleci.with_options(priority="bulk")
            queue = [asyncio.create_task(bulk.request("GET", "/me")) for _ in range(5_000)]
            await asyncio.sleep(3)
            for _ in range(samples):
                started = time.monotonic()
                await circleci.request("GET", "/me")
                durations.append(time.monotonic() - started)
                await asyncio.sleep(0.05)
            for task in queue:
                task.cancel()
            await asyncio.gather(*queue, return_exceptions=True)
        return durations

    with limited_server(Limits(rate=50, burst=50, latency=0.02)) as server:
        return asyncio.run(main(server.url))


def interactive_table(samples: int) -> Table:
    column = Column(name="time of a call", unit="ms", digits=1)
    durations = [1000 * seconds for seconds in interactive_while_bulk(samples)]
    row = row_of(
        "circleci_v2", "ours", {column.name: durations}, Bound(column=column.name, at_most=1000 * INTERACTIVE_BOUND)
    )
    floor = row_of("the latency of the server", "floor", {column.name: 20.0})
    title = "Interactive calls while 5,000 bulk calls wait at 50/s"
    return Table(name="interactive", title=title, columns=[column], rows=[row, floor])
