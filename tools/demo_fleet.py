"""Show a crawl by a fleet: `make demo-fleet`.

A fake CircleCI with a rate limit is served on this machine. Four worker processes crawl its projects into Parquet files and
share the limit through a Redis server, where one is installed. One worker is killed on the way, and DuckDB queries the files.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import attrs
import duckdb
from distributed import Client, LocalCluster

from circleci_v2 import CircleCI
from circleci_v2.cli.output import print_error, print_line, print_table, progress
from circleci_v2.fleet import CrawlReport, RedisStore, crawl_org_history
from circleci_v2.testing import FakeCircleCI, FakeRateLimit
from tests.fleet.redis_server import MISSING, RedisServer

__all__ = ["Demo", "main", "show_dataset"]

# Dask's annotations describe its synchronous use, or are missing.
_Client: Final[Any] = Client
_LocalCluster: Final[Any] = LocalCluster

_PROJECTS: Final = tuple(f"gh/acme/{name}" for name in ("api", "mobile", "payments", "search", "shop", "web"))
_EVERY: Final = timedelta(days=10)
_QUERIES: Final[Mapping[str, str]] = {
    "What each project ran": """
        SELECT project_slug AS project, count(DISTINCT pipeline_id) AS pipelines, count(*) AS jobs,
               round(100 * avg((job_status = 'success')::int), 1) AS success_rate, avg(job_seconds) AS average_seconds
        FROM '{}/jobs/**/*.parquet' GROUP BY 1 ORDER BY 1
    """,
    "The slowest jobs": """
        SELECT job_name AS job, count(*) AS runs, max(job_seconds) AS longest_seconds
        FROM '{}/jobs/**/*.parquet' WHERE job_seconds IS NOT NULL GROUP BY 1 ORDER BY 3 DESC LIMIT 3
    """,
}


@attrs.frozen(kw_only=True)
class Demo:
    """The size of the demonstration.

    Attributes:
        workers: The number of worker processes.
        pipelines: The number of pipelines of each project.
        rate: The calls per second that the fake allows.
        seconds: The time after which the demonstration is ended.
    """

    workers: int = 4
    pipelines: int = 30
    rate: int = 60
    seconds: float = 120.0

    async def run(self, folder: Path) -> bool:
        """Crawl into a folder and print what is in it; return whether every pipeline is there once."""
        fake = FakeCircleCI()
        for slug in _PROJECTS:
            fake.add_seeded_project(slug, pipelines=self.pipelines)
        redis = None if MISSING else RedisServer()
        try:
            if redis is not None:
                redis.start()
            print_line(
                "The workers share one budget through a redis-server on this machine."
                if redis is not None
                else f"{MISSING}, so each worker learns the rate limit alone."
            )
            report, calls, seconds = await self._crawl(fake, folder, None if redis is None else RedisStore(redis.url))
        finally:
            if redis is not None:
                redis.close()
        limit = fake.faults.rate_limit
        print_line(
            f"{len(report.results)} partitions in {seconds:.1f} s: {calls} calls, of which {limit.rejected if limit else 0} "
            f"were rejected; the limit of {self.rate} per second permits no less than {(calls - self.rate) / self.rate:.1f} s."
        )
        for slug, failures in report.failures.items():
            print_error(f"{slug}: {'; '.join(failure.error for failure in failures)}")
        return show_dataset(fake, folder)

    async def _crawl(
        self, fake: FakeCircleCI, folder: Path, store: RedisStore | None
    ) -> tuple[CrawlReport, int, float]:
        until = fake.clock.moment() + timedelta(seconds=1)
        async with (
            fake.serve() as url,
            _LocalCluster(
                n_workers=self.workers, asynchronous=True, dashboard_address=None, host="127.0.0.1", silence_logs=50
            ) as cluster,
            _Client(cluster, asynchronous=True) as client,
        ):
            victim = min((await client.run(os.getpid)).values())
            killed: list[int] = []

            fake.journal.clear()
            fake.faults.rate_limit = FakeRateLimit(self.rate)
            started = time.monotonic()
            with progress("partitions") as update:

                def on_progress(done: int, total: int | None) -> None:
                    update(done, total)
                    if not killed and total is not None and done >= total // 3:
                        os.kill(victim, signal.SIGKILL)
                        killed.append(victim)
                        print_line(f"Killed worker process {victim} after {done} of {total} partitions.")

                report = await crawl_org_history(
                    client,
                    folder,
                    organization="gh/acme",
                    since=until - 6 * _EVERY,
                    until=until,
                    every=_EVERY,
                    connect=partial(CircleCI, fake.token, base_url=url),
                    store=store,
                    on_progress=on_progress,
                )
            return report, len(fake.journal), time.monotonic() - started


def show_dataset(fake: FakeCircleCI, folder: Path) -> bool:
    """Query a dataset with DuckDB and print the results; return whether it has every pipeline of the fake once.

    Args:
        fake: The fake that was crawled.
        folder: The dataset.
    """
    for title, query in _QUERIES.items():
        result = duckdb.execute(query.format(folder))
        columns = [column[0] for column in result.description]
        rows = [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
        print_table(rows, title=title)
    found = duckdb.read_parquet(f"{folder}/pipelines/**/*.parquet").project("pipeline_id").fetchall()
    stored = [identifier for (identifier,) in found]
    existing = {pipeline.id for project in fake.state.projects.values() for pipeline in project.pipelines}
    lost, doubled = len(existing - set(stored)), len(stored) - len(set(stored))
    print_line(f"{len(stored)} pipelines are in the files: {lost} lost, {doubled} doubled.")
    return not lost and not doubled


async def main(demo: Demo) -> int:
    """Run the demonstration in a temporary folder; return the exit status."""
    try:
        async with asyncio.timeout(demo.seconds):
            with tempfile.TemporaryDirectory() as folder:
                return 0 if await demo.run(Path(folder)) else 1
    except TimeoutError:
        print_error(f"the demonstration did not end within {demo.seconds:g} s; is this machine busy?")
        return 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(Demo())))
