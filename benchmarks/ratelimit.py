"""Rate limits: wall time relative to the minimum, and 429 responses, of this client and of a naive one.

Run all scenarios with ``make bench-ratelimit``, or some with ``python -m benchmarks.ratelimit steady burst``. The minimum
is the time that the limit allows: (calls - burst) / rate, plus one round trip; and without a limit, the time of this
client when it retries without pacing.
"""

from __future__ import annotations

import asyncio
import math
import multiprocessing
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Final, Literal

import attrs
import httpx

from benchmarks.limited_server import Limits, limited_server
from circleci_v2 import CircleCI, RateLimitPolicy, RetryPolicy

CONCURRENCY: Final = 100
RETRY: Final = RetryPolicy(max_retries=100, deadline=None)
RETRY_AFTER: Final[tuple[Literal["none", "zero"], ...]] = ("none", "zero")


@attrs.frozen(kw_only=True)
class Scenario:
    title: str
    limits: Limits
    calls: int = 1_000
    processes: int = 1
    wall_bound: float
    rejected_bound: float

    @property
    def minimum(self) -> float | None:
        """The seconds that the limit allows; None without a limit."""
        if not self.limits.rate:
            return None
        total = self.calls * self.processes
        if self.limits.kind == "window":
            return math.ceil(total / self.limits.burst) - 1 + self.limits.latency
        return (total - self.limits.burst) / self.limits.rate + self.limits.latency


SCENARIOS: Final = {
    "steady": Scenario(
        title="50/s, burst 50, headers",
        limits=Limits(rate=50, burst=50, latency=0.02),
        wall_bound=1.02,
        rejected_bound=0.0,
    ),
    "fast": Scenario(
        title="200/s, burst 50, headers",
        limits=Limits(rate=200, burst=50, latency=0.02),
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
        title="50/s, burst 10, 200 ms, headers",
        limits=Limits(rate=50, burst=10, latency=0.2),
        wall_bound=1.15,
        rejected_bound=0.0,
    ),
    "silent-fast": Scenario(
        title="200/s, burst 50, no headers",
        limits=Limits(rate=200, burst=50, latency=0.02, headers=False),
        calls=4_000,
        wall_bound=1.15,
        rejected_bound=0.03,
    ),
    "silent-faster": Scenario(
        title="500/s, burst 50, no headers",
        limits=Limits(rate=500, burst=50, latency=0.02, headers=False),
        calls=10_000,
        wall_bound=1.15,
        rejected_bound=0.03,
    ),
    "silent-burst": Scenario(
        title="50/s, burst 10, 200 ms, no headers",
        limits=Limits(rate=50, burst=10, latency=0.2, headers=False),
        wall_bound=1.15,
        rejected_bound=0.03,
    ),
    **{
        f"random-{percent}-{retry_after}": Scenario(
            title=f"random {percent} %, Retry-After {retry_after}",
            limits=Limits(latency=0.02, rejected_percent=percent, retry_after=retry_after),
            calls=1_500,
            wall_bound=2.5,
            rejected_bound=1.2 * percent / (100 - percent),
        )
        for percent in (1, 3, 5)
        for retry_after in RETRY_AFTER
    },
    "processes": Scenario(
        title="50/s, burst 50, 3 processes",
        limits=Limits(rate=50, burst=50, latency=0.02),
        processes=3,
        wall_bound=1.03,
        rejected_bound=0.05,
    ),
}


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


REFERENCE: Final = "  unpaced"
CLIENTS: Final[dict[str, Callable[[str, int], Awaitable[None]]]] = {
    "circleci_v2": ours,
    "  all at once": ours_as_tasks,
    "naive gather": naive,
}


def _run(name: str, base_url: str, calls: int) -> None:
    call = unpaced if name == REFERENCE else CLIENTS[name]
    asyncio.run(call(base_url, calls))  # type: ignore[arg-type]


def measure(scenario: Scenario, name: str) -> tuple[float, int]:
    """Return the wall time and the number of 429 responses."""
    with limited_server(scenario.limits) as server:
        # Let the bucket fill, or a new window start.
        time.sleep(1.0)
        started = time.monotonic()
        if scenario.processes == 1:
            _run(name, server.url, scenario.calls)
        else:
            context = multiprocessing.get_context("fork")
            workers = [
                context.Process(target=_run, args=(name, server.url, scenario.calls)) for _ in range(scenario.processes)
            ]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
        wall = time.monotonic() - started
        return wall, server.stop().rejected


def interactive_while_bulk(samples: int = 50) -> list[float]:
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


def compare(scenario: Scenario) -> bool:
    """Print a line for each client, and return whether this library met its bounds."""
    max_rejected = scenario.rejected_bound * scenario.calls * scenario.processes
    within_bounds: dict[str, bool] = {}
    minimum = scenario.minimum
    for client in CLIENTS if minimum else [REFERENCE, *CLIENTS]:
        wall, rejected = measure(scenario, client)
        minimum = minimum or wall
        ratio = wall / minimum
        within_bounds[client] = ratio <= scenario.wall_bound and rejected <= max_rejected
        print(
            f"{scenario.title:34} {client:14} {wall:7.2f}s {ratio:8.3f} {scenario.wall_bound:6.2f} "
            f"{rejected:8} {max_rejected:6.0f}  {'' if within_bounds[client] else 'missed'}",
            flush=True,
        )
    return within_bounds["circleci_v2"]


def main(names: list[str]) -> bool:
    chosen = names or [*SCENARIOS, "interactive"]
    print(f"{'scenario':34} {'client':14} {'wall':>8} {'/ min':>8} {'bound':>6} {'429s':>8} {'bound':>6}")
    within_bounds = [compare(SCENARIOS[name]) for name in chosen if name != "interactive"]
    if "interactive" in chosen:
        median = statistics.median(interactive_while_bulk())
        print(
            f"an interactive call while 5,000 bulk calls wait at 50/s: median {median * 1000:.1f} ms, bound 40 ms + overhead"
        )
    return all(within_bounds)


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1:]) else 1)
