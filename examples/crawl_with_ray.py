"""The history of some projects, crawled by Ray actors.

pip install 'circleci_v2[parquet]' ray
CIRCLE_TOKEN=... python -m examples.crawl_with_ray s3://bucket/ci gh/acme/web gh/acme/api

An actor holds one client for all partitions that it crawls. Ray restarts an actor that dies, and repeats what it was doing;
partitions whose files are complete are skipped. Run with Ray 2.60.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import ray
from ray.util import ActorPool

from circleci_v2 import CircleCI, CircleCIError
from circleci_v2.fleet import Partition, PartitionResult, crawl_partition, partitions


class Crawler:
    """Crawls partitions in a process of its own."""

    def __init__(self, destination: str) -> None:
        self._destination = destination
        self._circleci = CircleCI()

    async def crawl(self, partition: Partition) -> PartitionResult | str:
        """Crawl a partition; an error is returned as text, so that it does not end the crawl of the others."""
        try:
            return await crawl_partition(self._circleci, partition, self._destination)
        except (CircleCIError, OSError) as error:
            return f"{partition.path}: {error}"


def crawl(parts: Iterable[Partition], destination: str, *, actors: int = 4) -> list[PartitionResult | str]:
    """Crawl partitions on the cluster that `ray.init` has connected to."""
    restarted = ray.remote(Crawler).options(max_restarts=-1, max_task_retries=3)
    pool = ActorPool([restarted.remote(destination) for _ in range(actors)])
    return list(pool.map_unordered(lambda crawler, partition: crawler.crawl.remote(partition), [*parts]))


if __name__ == "__main__":
    now = datetime.now(UTC)
    with ray.init():
        for result in crawl(partitions(sys.argv[2:], since=now - timedelta(days=90), until=now), sys.argv[1]):
            print(result if isinstance(result, str) else f"{result.partition.path}: {dict(result.rows)}")
