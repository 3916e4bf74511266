"""Several processes with one token that share a budget.

Processes share a rate limit of 50 requests per second with a burst of 50 through a Redis server, against a loopback server
with a latency of 20 ms. Wall time is relative to what the limit permits for all calls together; fairness is the time of the
slowest process relative to that of the fastest; operations are the scripts that the Redis server ran for each call. Without a
store, each process learns the limit alone.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import Any, Final

import attrs

from benchmarks.harness import Bound, Settings, row_of
from benchmarks.limited_server import Limits, limited_server
from benchmarks.results import Column, Row, Table
from circleci_v2 import CircleCI, RateLimitPolicy, RetryPolicy
from circleci_v2.events import Event, StoreEvent
from circleci_v2.fleet import RedisStore
from tests.fleet.redis_server import MISSING, RedisServer

TITLE: Final = "Several processes"
SECONDS: Final = 600.0

LIMITS: Final = Limits(rate=50, burst=50, latency=0.02)
SILENT: Final = attrs.evolve(LIMITS, headers=False)
# Seconds after which something is killed, and after which a store is back.
KILLED_AFTER: Final = 5.0
AWAY: Final = 10.0

WALL: Final = Column(name="wall / ideal", digits=3, compared=True)
REJECTED: Final = Column(name="429s", unit="%", digits=1)
FAIRNESS: Final = Column(name="slowest / fastest", digits=3)
OPERATIONS: Final = Column(name="operations per call", digits=2)
FAILED: Final = Column(name="failed calls", digits=0)
COLUMNS: Final = [WALL, REJECTED, FAIRNESS, OPERATIONS, FAILED]

Disturb = Callable[[list[Any], RedisServer], None]
"""Kills something while the processes run."""


@attrs.frozen(kw_only=True)
class Scenario:
    """Processes that make their calls at the same time.

    Attributes:
        title: The name of the row.
        bounds: The largest acceptable median by column.
        processes: The number of processes.
        calls: The number of calls of each.
        limits: The rate limit.
        disturb: Kills something meanwhile.
        dying: The number of processes that it kills.
    """

    title: str
    bounds: dict[str, float]
    processes: int = 4
    calls: int = 250
    limits: Limits = LIMITS
    is_shared: bool = True
    disturb: Disturb | None = None
    dying: int = 0


def kill_store(_processes: list[Any], redis: RedisServer) -> None:
    time.sleep(KILLED_AFTER)
    redis.kill()
    time.sleep(AWAY)
    redis.start()


def kill_process(processes: list[Any], _redis: RedisServer) -> None:
    time.sleep(KILLED_AFTER)
    os.kill(processes[0].pid, signal.SIGKILL)


SCENARIOS: Final = (
    Scenario(title="no store", bounds={}, is_shared=False),
    Scenario(
        title="a store",
        bounds={WALL.name: 1.02, REJECTED.name: 0.3, FAIRNESS.name: 1.10, OPERATIONS.name: 1.0, FAILED.name: 0},
    ),
    Scenario(title="500 calls each", calls=500, bounds={WALL.name: 1.01, REJECTED.name: 0.3, FAILED.name: 0}),
    Scenario(title="no headers, no store", limits=SILENT, is_shared=False, bounds={}),
    Scenario(title="no headers", limits=SILENT, bounds={WALL.name: 1.10, REJECTED.name: 2.0, FAILED.name: 0}),
    Scenario(
        title=f"the store is killed for {AWAY:.0f} s",
        calls=375,
        disturb=kill_store,
        bounds={WALL.name: 1.03, REJECTED.name: 1.5, FAILED.name: 0},
    ),
    Scenario(title="a process is killed", disturb=kill_process, dying=1, bounds={WALL.name: 1.04, FAILED.name: 0}),
    Scenario(
        title="10 processes, 100 calls each",
        processes=10,
        calls=100,
        bounds={WALL.name: 1.03, FAIRNESS.name: 1.15, OPERATIONS.name: 1.5, FAILED.name: 0},
    ),
)


@attrs.frozen
class Finished:
    """The report of a process that has made its calls."""

    began_at: float
    ended_at: float
    failed: int
    outages: int
    durations: list[float]


def client_of(url: str, store: str | None, on_event: Callable[[Event], None] | None = None) -> CircleCI:
    policy = RateLimitPolicy(store=None if store is None else RedisStore(store))
    retry = RetryPolicy(max_retries=1000, deadline=None)
    return CircleCI("a-token", base_url=url, retry=retry, rate_limit=policy, on_event=on_event)


async def make_calls(url: str, store: str | None, calls: int, pause: float, ready: Any, start: Any) -> Finished:  # noqa: PLR0917 - passed to a process
    with limited_server(Limits()) as idle:
        # The first call of a process imports modules.
        async with client_of(idle.url, store) as circleci:
            await circleci.request("GET", "/me")
    outages, failed = 0, 0
    durations: list[float] = []

    def on_event(event: Event) -> None:
        nonlocal outages
        outages += isinstance(event, StoreEvent) and not event.available

    async with client_of(url, store, on_event) as circleci:
        ready.put(None)
        start.wait()
        began_at = time.monotonic()
        if pause:
            for _ in range(calls):
                called_at = time.monotonic()
                await circleci.request("GET", "/me")
                durations.append(time.monotonic() - called_at)
                await asyncio.sleep(pause)
        else:
            outcomes = circleci.map(lambda _: circleci.request("GET", "/me"), range(calls), on_error="collect")
            failed = len([outcome async for outcome in outcomes if outcome.error is not None])
        ended_at = time.monotonic()
    return Finished(began_at, ended_at, failed, outages, durations)


def work(results: Any, *arguments: Any) -> None:
    results.put(asyncio.run(make_calls(*arguments)))


def run_processes(scenario: Scenario, redis: RedisServer, *, pause: float = 0.0) -> tuple[list[Finished], float, int]:
    """Run a scenario, and return what its processes report, the accepted requests, and the rejected ones."""
    context: Any = multiprocessing.get_context("spawn")
    ready, start, results = context.Queue(), context.Event(), context.Queue()
    with limited_server(scenario.limits) as server:
        store = redis.url if scenario.is_shared else None
        arguments = (results, server.url, store, scenario.calls, pause, ready, start)
        processes = [context.Process(target=work, args=arguments) for _ in range(scenario.processes)]
        for process in processes:
            process.start()
        for _ in processes:
            ready.get(timeout=120)
        # Let the bucket fill.
        time.sleep(1.0)
        start.set()
        disturbing = threading.Thread(target=scenario.disturb or (lambda *_: None), args=(processes, redis))
        disturbing.start()
        finished = [results.get(timeout=180) for _ in range(scenario.processes - scenario.dying)]
        disturbing.join()
        for process in processes:
            process.join(10)
        statistics = server.stop()
    return finished, statistics.accepted, statistics.rejected


def sample(scenario: Scenario) -> dict[str, float]:
    """Run a scenario once, and return its figures."""
    redis = RedisServer()
    redis.start()
    try:
        finished, accepted, rejected = run_processes(scenario, redis)
        operations = redis.scripts_run()
    finally:
        redis.close()
    began_at = min(one.began_at for one in finished)
    walls = [one.ended_at - one.began_at for one in finished]
    ideal = (accepted - scenario.limits.burst) / scenario.limits.rate + scenario.limits.latency
    return {
        WALL.name: (max(one.ended_at for one in finished) - began_at) / ideal,
        REJECTED.name: 100 * rejected / accepted,
        FAIRNESS.name: max(walls) / min(walls),
        OPERATIONS.name: operations / accepted,
        FAILED.name: sum(one.failed for one in finished),
    }


def measure_budget(settings: Settings) -> Iterator[Table]:
    """Yield the table of processes that share a budget."""
    title = "50/s, burst 50, 20 ms; 4 processes with 250 calls each"
    chosen = settings.choose(SCENARIOS, tuple(attrs.evolve(one, calls=50) for one in SCENARIOS if not one.disturb))
    if MISSING:
        rows = [Row(name=scenario.title, not_measured=MISSING) for scenario in chosen]
        yield Table(name="budget", title=title, columns=COLUMNS, rows=rows)
        return
    samples: dict[str, list[dict[str, float]]] = {scenario.title: [] for scenario in chosen}
    for _ in range(settings.choose(2, 1)):
        # Each makes 50 calls per second only.
        with ThreadPoolExecutor(2) as pool:
            for scenario, figures in zip(chosen, pool.map(sample, chosen), strict=True):
                samples[scenario.title].append(figures)
    rows = []
    for scenario in chosen:
        found = {column.name: [one[column.name] for one in samples[scenario.title]] for column in COLUMNS}
        bounds = [Bound(column=column, at_most=most) for column, most in scenario.bounds.items()]
        rows.append(row_of(scenario.title, "ours" if scenario.is_shared else "other", found, *bounds))
    yield Table(name="budget", title=title, columns=COLUMNS, rows=rows)


def measure_latency(settings: Settings) -> Iterator[Table]:
    """Yield the table of calls far below the limit, which need no leases from others."""
    added = Column(name="added latency", unit="ms", digits=1)
    title = "4 processes with 5 calls per second each, far below the limit"
    if MISSING:
        yield Table(name="latency", title=title, columns=[added], rows=[Row(name="p50", not_measured=MISSING)])
        return
    alone = Scenario(title="alone", bounds={}, calls=settings.choose(40, 10), is_shared=False)
    differences: list[float] = []
    for _ in range(settings.choose(2, 1)):
        medians: list[float] = []
        for scenario in (alone, attrs.evolve(alone, is_shared=True)):
            redis = RedisServer()
            redis.start()
            try:
                finished, _, _ = run_processes(scenario, redis, pause=0.2)
            finally:
                redis.close()
            medians.append(median(duration for one in finished for duration in one.durations))
        differences.append(1000 * (medians[1] - medians[0]))
    row = row_of("p50", "ours", {added.name: differences}, Bound(column=added.name, at_most=2.0))
    yield Table(name="latency", title=title, columns=[added], rows=[row])


def measure(settings: Settings) -> Iterator[Table]:
    """Yield the tables of budgets and of the latency that sharing adds."""
    yield from measure_budget(settings)
    yield from measure_latency(settings)
