"""Datasets of CI history: of one project, of an organization on one machine, or on a cluster; and shared rate limits.

- `mirror` brings a dataset of Parquet files up to date on one machine.
- `partitions` and `crawl_partition` are the pieces for any engine that runs async functions.
- `RedisStore` lets processes with the same token share their rate limits (``pip install 'circleci_v2[redis]'``).
- `crawl_org_history` runs them on Dask (``pip install 'circleci_v2[dask]'``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._lazy import lazy_names
from circleci_v2.fleet.crawl import DatasetKind, PartitionResult, crawl_partition
from circleci_v2.fleet.mirror import MirrorReport, ProjectMirror, mirror
from circleci_v2.fleet.partitions import Partition, TimeWindow, partitions
from circleci_v2.fleet.stores import MemoryStore, RedisStore, Store, StoreConnection, StoreReply

if TYPE_CHECKING:
    from circleci_v2.fleet.dask import CrawlReport, PartitionFailure, crawl_org_history

__all__ = [
    "CrawlReport",
    "DatasetKind",
    "MemoryStore",
    "MirrorReport",
    "Partition",
    "PartitionFailure",
    "PartitionResult",
    "ProjectMirror",
    "RedisStore",
    "Store",
    "StoreConnection",
    "StoreReply",
    "TimeWindow",
    "crawl_org_history",
    "crawl_partition",
    "mirror",
    "partitions",
]

# Dask takes a second to import, and is an extra.
__getattr__ = lazy_names(
    __name__, globals(), dict.fromkeys(("CrawlReport", "PartitionFailure", "crawl_org_history"), ".dask")
)
