"""Many concurrent calls against a server that responds after 50 ms.

*GETs*: wall time of 1,000 GETs by a new client, relative to the floor of calls x latency / concurrency; of 300 GETs where a
client takes several times as long. The baseline is aiohttp with a task per call and a semaphore. *Prefetching*: 50 pages with
25 ms of work on each, relative to the slower of both. *A crawl*: `history` of 1,000 pipelines with 3,000 workflows and 30,000
jobs in 4,050 calls, 50 of them concurrently; every record is compared with the server's. *Memory*: the peak of a process that
streams a crawl of workflows with two jobs each, at two lengths of the history.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from typing import Final

import anyio

from benchmarks.environments import Driver
from benchmarks.harness import (
    TIMES_FLOOR,
    Bound,
    Settings,
    compared_table,
    interleave,
    peak_memory,
    row_of,
    run_child,
)
from benchmarks.http import AIOHTTP, BASELINE, CLIENTS, DEFAULT_LIMITS, FAST, NO_LIMITER, STANDARD, running_clients
from benchmarks.latency_server import SLUG, Shape, latency_server
from benchmarks.results import Column, Row, Table
from circleci_v2 import CircleCI

TITLE: Final = "Concurrent calls"
SECONDS: Final = 420.0

LATENCY: Final = 0.05
CALLS: Final = 1_000
SLOW: Final = {BASELINE: 300}
"""The number of calls of clients whose ratio does not depend on it, because they take several times the floor."""
BOUNDS: Final = {20: 1.08, 50: 1.12, 100: 1.25}
CONTENDERS: Final = (
    STANDARD,
    FAST,
    NO_LIMITER,
    BASELINE,
    DEFAULT_LIMITS,
    AIOHTTP,
    "pycircleci-async, dicts",
)
WORK: Final = 0.025
CONCURRENCY: Final = 50
CRAWL_BOUND: Final = 1.5
MEBIBYTE: Final = 1 << 20


def measure(settings: Settings) -> Iterator[Table]:
    """Yield the tables of GETs, and those of prefetching, the crawl and its memory."""
    rounds = settings.choose(5, 2)
    with latency_server(Shape(), latency=LATENCY) as base_url:
        with running_clients({name: CLIENTS[name] for name in CONTENDERS}) as (drivers, not_measured):
            for concurrency in settings.choose((20, 50, 100), (50,)):
                yield fan_out(
                    base_url,
                    drivers,
                    not_measured,
                    concurrency=concurrency,
                    divisor=settings.choose(1, 10),
                    rounds=rounds,
                )
        yield prefetch(base_url, settings.choose(50, 10), settings.choose(2, 1))
    yield crawl(settings.choose(3, 1), Shape(pipelines=settings.choose(1_000, 100)))
    yield memory(settings.choose((1_000, 3_000), (100,)))


def fan_out(
    base_url: str,
    drivers: Mapping[str, Driver],
    not_measured: Mapping[str, str],
    *,
    concurrency: int,
    divisor: int,
    rounds: int,
) -> Table:
    minimum = LATENCY / concurrency * 1000
    cpu: dict[str, list[float]] = {name: [] for name in drivers}

    def sample(name: str) -> float:
        reply = drivers[name].measure(
            task="fan-out",
            contender=CLIENTS[name].contender,
            base_url=base_url,
            concurrency=concurrency,
            calls=SLOW.get(name, CALLS) // divisor,
        )
        cpu[name].append(reply["cpu"] * 1000)
        return float(reply["wall"]) * 1000

    # With 20 connections, these two differ from the others in nothing that matters, and a round of them takes seconds.
    chosen = [name for name in drivers if concurrency > 20 or name not in {NO_LIMITER, DEFAULT_LIMITS}]
    for name in chosen:
        # The first calls of a process import modules.
        drivers[name].measure(
            task="fan-out", contender=CLIENTS[name].contender, base_url=base_url, concurrency=concurrency, calls=20
        )
    samples = interleave(
        {name: lambda name=name: sample(name) for name in chosen},  # type: ignore[misc]
        rounds=rounds,
        warm_up=False,
    )
    return compared_table(
        f"gets-{concurrency}",
        f"{CALLS:,} GETs of {LATENCY * 1000:.0f} ms, {concurrency} concurrently",
        samples,
        value=Column(name="wall time per call", unit="ms"),
        baseline=AIOHTTP if AIOHTTP in samples else BASELINE,
        ours=[name for name in samples if name.startswith("circleci_v2")],
        floor=minimum,
        bounds={STANDARD: Bound(column=TIMES_FLOOR, at_most=BOUNDS[concurrency])},
        not_measured=not_measured,
        more={name: {"CPU per call": cpu[name]} for name in samples},
        more_columns=[Column(name="CPU per call", unit="ms")],
        plotted=TIMES_FLOOR,
    )


def prefetch(base_url: str, pages: int, rounds: int) -> Table:
    """Walk over pages with work on each; with prefetching, the total should be close to the slower of the two."""

    def walk(*, prefetching: bool) -> float:
        async def main() -> float:
            async with CircleCI("token", base_url=base_url) as circleci:
                paginator = circleci.pipelines.list_for_project(SLUG)
                started, count = time.perf_counter(), 0
                async for _ in (paginator.prefetch() if prefetching else paginator).pages():
                    count += 1
                    await anyio.sleep(WORK)
                    if count == pages:
                        break
                return time.perf_counter() - started

        return anyio.run(main)

    samples = interleave(
        {"without prefetching": lambda: walk(prefetching=False), "with .prefetch()": lambda: walk(prefetching=True)},
        rounds=rounds,
        warm_up=False,
    )
    return compared_table(
        "prefetch",
        f"{pages} pages of {LATENCY * 1000:.0f} ms, and {WORK * 1000:.0f} ms of work on each",
        samples,
        value=Column(name="wall time", unit="s"),
        baseline="without prefetching",
        ours=samples,
        floor=pages * max(LATENCY, WORK),
        bounds={"with .prefetch()": Bound(column=TIMES_FLOOR, at_most=1.15)},
        plotted="",
    )


def crawl(rounds: int, shape: Shape) -> Table:
    calls = shape.pipelines * (1 + shape.workflows)
    floor = calls * LATENCY / CONCURRENCY

    def sample() -> float:
        with latency_server(shape, latency=LATENCY) as base_url:
            return anyio.run(compared_crawl, base_url, shape)

    samples = interleave({"circleci_v2": sample}, rounds=rounds, warm_up=False)
    return compared_table(
        "crawl",
        f"A crawl of {shape.pipelines:,} pipelines, {calls:,} calls and {shape.pipelines // 20} pages",
        samples,
        value=Column(name="wall time", unit="s"),
        baseline="circleci_v2",
        ours=["circleci_v2"],
        floor=floor,
        bounds={"circleci_v2": Bound(column=TIMES_FLOOR, at_most=CRAWL_BOUND)},
        plotted="",
    )


async def compared_crawl(base_url: str, shape: Shape) -> float:
    """Crawl a history, compare every record, and return the wall time."""
    number = shape.pipelines
    async with CircleCI("token", base_url=base_url) as circleci:
        started = time.perf_counter()
        async for record in circleci.history(SLUG, concurrency=CONCURRENCY):
            found = record.to_dict()
            assert found["pipeline"] == shape.pipeline(number), number
            for index, workflow in enumerate(found["workflows"]):
                assert workflow["workflow"] == shape.workflow(number, index), number
                jobs = [job["job"] for job in workflow["jobs"]]
                assert jobs == [shape.job(number, index, position) for position in range(shape.jobs)], number
            assert len(found["workflows"]) == shape.workflows
            assert not found["failures"]
            number -= 1
        wall = time.perf_counter() - started
    assert number == 0
    return wall


def memory(lengths: tuple[int, ...]) -> Table:
    """Measure each crawl in a separate process; the floor is the memory of the process before it."""
    column, before = Column(name="peak memory", unit="MiB", digits=0), Column(name="before", unit="MiB", digits=0)
    rows: list[Row] = []
    for pipelines in lengths:
        program = f"from benchmarks.bulk import print_peaks; print_peaks({pipelines})"
        first, last = map(int, run_child([sys.executable, "-c", program], timeout=120).output.split())
        values = {before.name: first / MEBIBYTE, column.name: last / MEBIBYTE}
        rows.append(row_of(f"{pipelines:,} pipelines", "ours", values))
    return Table(name="memory", title="Memory of a streamed crawl", columns=[before, column], rows=rows)


def print_peaks(pipelines: int) -> None:
    """Print the peak memory in bytes before and after a crawl."""

    async def crawl_without_keeping(base_url: str) -> None:
        async with CircleCI("token", base_url=base_url) as circleci:
            print(peak_memory())
            async for _ in circleci.history(SLUG, concurrency=CONCURRENCY):
                pass

    with latency_server(Shape(pipelines=pipelines, jobs=2), latency=0.001) as base_url:
        anyio.run(crawl_without_keeping, base_url)
    print(peak_memory())
