"""The history of an organization, crawled by four worker processes of which one is killed.

pip install 'circleci_v2[dask,testing]' duckdb
python -m examples.cluster

It uses a fake CircleCI on this machine; for yours, leave `connect` out.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from distributed import Client, LocalCluster

from circleci_v2 import CircleCI
from circleci_v2.fleet import CrawlReport, crawl_org_history
from circleci_v2.testing import FakeCircleCI

PROJECTS = [f"gh/acme/service-{number}" for number in range(4)]


async def main(destination: Path, *, workers: int = 4, pipelines: int = 100) -> CrawlReport:
    """Crawl the fake's projects, kill a worker on the way, and query the dataset."""
    fake = FakeCircleCI()
    for slug in PROJECTS:
        fake.add_seeded_project(slug, pipelines=pipelines)
    until = fake.clock.moment()
    async with (
        fake.serve() as url,
        LocalCluster(n_workers=workers, asynchronous=True, dashboard_address=None, host="127.0.0.1") as cluster,
        Client(cluster, asynchronous=True) as client,
    ):
        victim = min((await client.run(os.getpid)).values())

        def on_progress(done: int, total: int | None) -> None:
            if done == 2:
                os.kill(victim, signal.SIGKILL)
            sys.stderr.write(f"\r{done} of {total} partitions")

        report = await crawl_org_history(
            client,
            destination,
            organization="gh/acme",
            since=until - timedelta(days=60),
            until=until,
            every=timedelta(days=10),
            connect=partial(CircleCI, fake.token, base_url=url),
            on_progress=on_progress,
        )
    jobs = duckdb.read_parquet(f"{destination}/jobs/**/*.parquet")
    print(jobs.aggregate("project_slug, count(*) AS jobs, round(avg(job_seconds)) AS seconds"))
    return report


if __name__ == "__main__":
    with TemporaryDirectory() as directory:
        asyncio.run(main(Path(directory)))
