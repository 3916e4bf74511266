"""The history of some projects, crawled by a Prefect flow.

pip install 'circleci_v2[parquet]' prefect
CIRCLE_TOKEN=... python -m examples.crawl_with_prefect s3://bucket/ci gh/acme/web gh/acme/api

Each partition is a task, which Prefect retries and shows. With the task runners of prefect-dask and prefect-ray, tasks run on
a cluster. A flow that runs again skips partitions whose files are complete. Run with Prefect 3.8.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

from prefect import flow, task, unmapped

from circleci_v2 import CircleCI
from circleci_v2.fleet import Partition, PartitionResult, crawl_partition, partitions


@task(retries=2, retry_delay_seconds=30, task_run_name="{partition.path}")
async def crawl(partition: Partition, destination: str) -> PartitionResult:
    """Crawl a partition. A client per task, because each task may run on another machine."""
    async with CircleCI() as circleci:
        return await crawl_partition(circleci, partition, destination)


@flow
def crawl_projects(destination: str, projects: list[str], since: datetime, until: datetime) -> list[str]:
    """Crawl the history of projects; return the partitions that failed."""
    parts = partitions(projects, since=since, until=until)
    runs = crawl.map(parts, destination=unmapped(destination))
    runs.wait()
    return [part.path for part, run in zip(parts, runs, strict=True) if not run.state.is_completed()]


if __name__ == "__main__":
    now = datetime.now(UTC)
    print(crawl_projects(sys.argv[1], sys.argv[2:], now - timedelta(days=90), now))
