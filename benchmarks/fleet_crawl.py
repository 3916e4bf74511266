"""Crawls of an organization on a Dask cluster, and mirrors that are kept current.

The crawl runs on four local worker processes, which share one budget through a Redis server, against a served fake CircleCI
with a rate limit of 40 calls per second. A small crawl without a limit precedes it; a third of the way, one worker is killed
with SIGKILL. Wall time is relative to what the limit permits for the calls that were made. Calls of a mirror are relative
to those that the new pipelines need: a list of the workflows of each, and a list of the jobs of each workflow.
"""

from __future__ import annotations

import asyncio
import math
import os
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from benchmarks.harness import Bound, Settings, row_of
from benchmarks.results import Column, Row, Table
from circleci_v2 import CircleCI
from circleci_v2.fleet import RedisStore, crawl_org_history, mirror
from circleci_v2.testing import FakeCircleCI, FakeRateLimit
from tests.fleet.redis_server import MISSING, RedisServer

__all__ = ["SECONDS", "TITLE", "measure"]

TITLE: Final = "Fleets: crawls and mirrors"
SECONDS: Final = 240.0

RATE: Final = 40
PROJECTS: Final = tuple(f"gh/acme/service-{number}" for number in range(8))
WINDOWS: Final = 2
WARM_UP: Final = tuple(f"gh/warm-up/{number}" for number in range(8))
CALLS: Final = Column(name="calls", digits=0)
LOST: Final = Column(name="records lost", digits=0)
DOUBLED: Final = Column(name="records doubled", digits=0)
REJECTED: Final = Column(name="429s", digits=0)
WALL: Final = Column(name="wall / ideal", digits=3, compared=True)
NEEDED: Final = Column(name="calls / needed", compared=True)


@contextmanager
def redis_server() -> Iterator[str]:
    """Run a server without persistence, and return its URL."""
    server = RedisServer()
    try:
        server.start()
        yield server.url
    finally:
        server.close()


def ids_in(folder: Path, kind: str, column: str) -> Counter[str]:
    pq: Any = import_module("pyarrow.parquet")

    return Counter(
        identifier
        for file in folder.glob(f"{kind}/**/*.parquet")
        for identifier in pq.ParquetFile(file).read([column])[column].to_pylist()
    )


async def crawl_once(pipelines: int, store: RedisStore) -> dict[str, float]:
    """Crawl all projects, kill a worker on the way, and return the figures."""
    distributed: Any = import_module("distributed")

    fake = FakeCircleCI()
    for slug in PROJECTS:
        fake.add_seeded_project(slug, pipelines=pipelines // len(PROJECTS))
    every = timedelta(days=30)
    for slug in WARM_UP:
        fake.add_pipeline(slug)
    # The end of a window, so that there are as many as intended.
    until = datetime.fromtimestamp(math.ceil(fake.clock.now() / every.total_seconds()) * every.total_seconds(), UTC)
    cluster: Any = distributed.LocalCluster(
        n_workers=4, threads_per_worker=2, asynchronous=True, dashboard_address=None, silence_logs=50
    )
    with tempfile.TemporaryDirectory() as name:
        async with fake.serve() as url, cluster, distributed.Client(cluster, asynchronous=True) as client:
            crawl = partial(
                crawl_org_history,
                client,
                since=until - every * WINDOWS,
                until=until,
                every=every,
                connect=partial(CircleCI, fake.token, base_url=url),
            )
            # A first crawl takes each worker a second of CPU time for imports and decoders, and a crawl of hours no part of it.
            await crawl(f"{name}/warm-up", projects=WARM_UP)
            victim = min((await client.run(os.getpid)).values())
            killed: list[int] = []

            def on_progress(done: int, total: int | None) -> None:
                if not killed and total is not None and done >= total // 3:
                    os.kill(victim, signal.SIGKILL)
                    killed.append(victim)

            fake.journal.clear()
            limit = fake.faults.rate_limit = FakeRateLimit(RATE)
            started = time.monotonic()
            report = await crawl(f"{name}/crawl", projects=PROJECTS, store=store, on_progress=on_progress)
            wall = time.monotonic() - started
        calls = len(fake.journal)
        assert killed
        assert not report.failures, report.failures
        expected = {pipeline.id for slug in PROJECTS for pipeline in fake.state.project(slug).pipelines}
        stored = ids_in(Path(name, "crawl"), "pipelines", "pipeline_id")
    return {
        WALL.name: wall / ((calls - RATE) / RATE),
        REJECTED.name: limit.rejected,
        LOST.name: len(expected - stored.keys()),
        DOUBLED.name: sum(stored.values()) - len(stored),
        CALLS.name: calls,
    }


def measure(settings: Settings) -> Iterator[Table]:
    """Yield a table for the mirrors and one for the crawl."""
    yield mirror_table(settings)
    yield crawl_table(settings)


def crawl_table(settings: Settings) -> Table:
    """Crawl twice on a cluster."""
    columns = [WALL, REJECTED, LOST, DOUBLED, CALLS]
    title = f"{len(PROJECTS) * WINDOWS} partitions on 4 Dask workers at {RATE}/s, of which one is killed"
    name = "circleci_v2, crawl_org_history"
    if MISSING:
        row = Row(name=name, not_measured=MISSING)
    else:
        samples: list[dict[str, float]] = []
        for _ in range(settings.choose(2, 1)):
            with redis_server() as url:
                samples.append(asyncio.run(crawl_once(settings.choose(200, 48), RedisStore(url))))
        figures = {column.name: [sample[column.name] for sample in samples] for column in columns}
        bounds = [Bound(column=column.name, at_most=most) for column, most in ((WALL, 1.06), (LOST, 0), (DOUBLED, 0))]
        row = row_of(name, "ours", figures, *bounds)
    return Table(name="crawl", title=title, columns=columns, rows=[row])


async def mirror_again(projects: int, pipelines: int, new: int) -> dict[str, float]:
    """Mirror an organization, add pipelines, mirror it again, and return the calls of the second run."""
    fake = FakeCircleCI()
    slugs = [f"gh/acme/service-{number}" for number in range(projects)]
    for slug in slugs:
        fake.add_seeded_project(slug, pipelines=pipelines // projects)
    fake.clock.advance(timedelta(days=2).total_seconds())
    since = fake.clock.moment() - timedelta(days=180)
    with tempfile.TemporaryDirectory() as folder:
        async with CircleCI(fake.token, transport=fake.transport()) as circleci:
            run = partial(mirror, circleci, folder, organization="gh/acme", since=since, clock=fake.clock.now)
            await run()
            fake.clock.advance(timedelta(days=100).total_seconds())
            await run()  # all that was in progress has ended
            added = []
            for number in range(new):
                fake.clock.advance(60)
                added.append(fake.add_pipeline(slugs[number % projects]))
            fake.clock.advance(timedelta(hours=2).total_seconds())
            fake.journal.clear()
            report = await run()
        assert (report.added, report.errors) == (new, {})
        expected = {pipeline.id for slug in slugs for pipeline in fake.state.project(slug).pipelines}
        stored = ids_in(Path(folder), "pipelines", "pipeline_id")
    needed = sum(1 + len(pipeline.planned_workflows) for pipeline in added)
    calls = len(fake.journal)
    return {
        NEEDED.name: calls / needed,
        LOST.name: len(expected - stored.keys()),
        DOUBLED.name: sum(stored.values()) - len(stored),
        CALLS.name: calls,
    }


def mirror_table(settings: Settings) -> Table:
    """Count the calls of mirrors that are kept current; they are the same in each run."""
    pipelines, new = settings.choose(1_000, 200), 10
    columns = [NEEDED, LOST, DOUBLED, CALLS]
    bounds = [Bound(column=column.name, at_most=most) for column, most in ((NEEDED, 3), (LOST, 0), (DOUBLED, 0))]
    rows = [
        row_of(f"{projects} project(s)", "ours", asyncio.run(mirror_again(projects, pipelines, new)), *bounds)
        for projects in (1, 10)
    ]
    title = f"mirror(organization=) again after {new} new pipelines of {pipelines:,}"
    return Table(name="mirror", title=title, columns=columns, rows=rows)
