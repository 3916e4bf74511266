"""Crawl the history of many projects on a Dask cluster.

Each partition is one task. A task that is lost with its worker is run again by another one; a task that finds the files of
its partition complete sends no request. So a killed worker loses nothing and doubles nothing, and a crawl that is started
again goes on where it ended.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, cast
from uuid import uuid4

import attrs
from anyio import to_thread

from circleci_v2._validation import missing_package_error, require_at_least_one
from circleci_v2.bulk import OnProgress
from circleci_v2.client import CircleCI
from circleci_v2.errors import CircleCIError, ConfigurationError
from circleci_v2.fleet.crawl import DatasetKind, PartitionResult, crawl_partition, kinds_of, projects_to_crawl
from circleci_v2.fleet.dataset import Dataset
from circleci_v2.fleet.partitions import Partition, partitions
from circleci_v2.fleet.stores import MemoryStore
from circleci_v2.history.organization import ProjectsToCrawl
from circleci_v2.policies import RateLimitPolicy, Store
from circleci_v2.slugs import OrgSlug

try:
    from distributed import Client, KilledWorker, Worker, WorkerPlugin, as_completed, get_worker
except ImportError as missing:
    raise missing_package_error("a crawl on Dask", missing.name, "circleci_v2[dask]") from missing

__all__ = ["CrawlReport", "PartitionFailure", "crawl_org_history"]

# Dask gives a task up after it was assigned to this many workers that died (`distributed.scheduler.allowed-failures`,
# 3 by default), although the task may not be the reason. It is submitted again this often.
_RESUBMISSIONS: Final = 3


@attrs.frozen(kw_only=True)
class PartitionFailure:
    """A partition that could not be crawled; its files are as they were.

    Attributes:
        partition: The partition.
        error: The error, as text.
    """

    partition: Partition
    error: str


@attrs.frozen(kw_only=True)
class CrawlReport:
    """What a crawl did.

    Attributes:
        results: The partitions that are complete, oldest first within a project.
        failures: The partitions that are not, by project slug; start the crawl again to try them again.
        unresolved: The names of projects of a ``circleci/...`` organization that only Insights lists, which has no slugs, so
            that they cannot be crawled: follow them, or pass `projects`.
    """

    results: tuple[PartitionResult, ...]
    failures: Mapping[str, tuple[PartitionFailure, ...]]
    unresolved: tuple[str, ...] = ()


async def crawl_org_history(
    dask_client: Client,
    destination: str | os.PathLike[str],
    *,
    organization: OrgSlug | str | None = None,
    projects: ProjectsToCrawl | None = None,
    since: datetime,
    until: datetime,
    every: timedelta = timedelta(days=7),
    include: Iterable[DatasetKind] = ("jobs",),
    concurrency: int = 20,
    connect: Callable[..., CircleCI] = CircleCI,
    store: Store | None = None,
    on_progress: OnProgress | None = None,
) -> CrawlReport:
    """Crawl the history of projects on a Dask cluster, into a dataset of Parquet files.

    Args:
        dask_client: A client of the cluster, created with ``Client(..., asynchronous=True)``.
        destination: The dataset: a directory that all workers share, or a URL of any file system that fsspec knows.
        organization: Crawl all projects of this organization that `organization_projects` finds.
        projects: Crawl these projects instead: their slugs, or the results of `organization_projects`.
        since: The beginning of the history.
        until: The end of the history, exclusive. A later crawl with a later end fetches only the windows that changed.
        every: The length of the window of time that one task covers, at least an hour; the same for all crawls into a
            destination. Default: 7 days.
        include: The kinds of records besides pipelines and workflows: ``jobs``, ``tests``, ``artifacts``. Default:
            ``jobs``.
        concurrency: The maximum number of concurrent calls of one task, at least 1. Default: 20.
        connect: Creates the client of each worker process, and one here to list the projects. It is sent to the workers, so it
            should read the token where it runs rather than contain it. Default: `CircleCI`, with the token in the worker's
            ``CIRCLE_TOKEN``.
        store: Where the worker processes share one rate-limit budget, for example ``RedisStore("redis://...")``. It is sent
            to the workers, and `connect` is then called with ``rate_limit=``. Default: each process learns the limits
            alone.
        on_progress: Called as ``on_progress(finished, total)`` after each partition. Dask's dashboard shows the same as the
            progress of ``crawl_partition``.

    Returns:
        The results, with the failures per project. The failure of a partition does not end the crawl.

    Raises:
        InvalidSlugError: A project is not a project slug.
        ConfigurationError: An argument is invalid, a package is missing, the client is synchronous, the store is in the
            memory of this process, or the files of the destination have windows of another length.
        CircleCIError: The projects of the organization could not be listed.
        OSError: The destination cannot be read or written.
    """
    if not dask_client.asynchronous:
        msg = "The Dask client is synchronous: create it with Client(..., asynchronous=True), and await it."
        raise ConfigurationError(msg)
    require_at_least_one("concurrency", concurrency, "call")
    kinds = kinds_of(include)
    if isinstance(store, MemoryStore):
        msg = "A MemoryStore shares nothing between processes: pass store=RedisStore('redis://...')."
        raise ConfigurationError(msg)
    if store is not None:
        connect = partial(connect, rate_limit=RateLimitPolicy(store=store))
    async with connect() as circleci:
        found = await projects_to_crawl(circleci, organization, projects, since=since, now=until)
    tasks = partitions(found.slugs, since=since, until=until, every=every)
    await to_thread.run_sync(Dataset(destination).prepare, every)
    plugin = _ClientPlugin(connect)
    await dask_client.register_plugin(plugin)
    try:
        crawl = _Crawl(dask_client, _Options(plugin.name, os.fspath(destination), kinds, concurrency))
        report = await crawl.run(tasks, on_progress)
        return attrs.evolve(report, unresolved=found.unresolved)
    finally:
        await cast("Any", dask_client).unregister_worker_plugin(plugin.name)


class _ClientPlugin(WorkerPlugin):
    """Gives each worker process one client, which its tasks share."""

    def __init__(self, connect: Callable[..., CircleCI]) -> None:
        self.name = f"circleci_v2-{uuid4().hex}"
        self._connect = connect
        self.circleci: CircleCI | None = None

    async def setup(self, worker: Worker) -> None:  # noqa: ARG002 - the interface of Dask
        self.circleci = self._connect()

    async def teardown(self, worker: Worker) -> None:  # noqa: ARG002 - the interface of Dask
        if self.circleci is not None:
            await self.circleci.aclose()


@attrs.frozen
class _Options:
    """The arguments that are the same for all tasks; `plugin` is the name of the plugin with the client."""

    plugin: str
    destination: str
    kinds: frozenset[DatasetKind]
    concurrency: int


async def _crawl(partition: Partition, options: _Options) -> PartitionResult | PartitionFailure:
    """Crawl a partition in a worker process; Dask runs coroutine functions on the event loop of the worker."""
    plugin = cast("_ClientPlugin", get_worker().plugins[options.plugin])
    try:
        return await crawl_partition(
            cast("CircleCI", plugin.circleci),
            partition,
            options.destination,
            include=options.kinds,
            concurrency=options.concurrency,
        )
    except (CircleCIError, OSError) as error:
        # As text: an exception has to be rebuilt in another process, with everything that it refers to.
        return PartitionFailure(partition=partition, error=f"{type(error).__name__}: {error}")


class _Crawl:
    """The tasks of one crawl, from their submission to the report."""

    def __init__(self, dask_client: Client, options: _Options) -> None:
        # The annotations of Dask describe synchronous clients.
        self._dask: Any = dask_client
        self._options = options
        self._partitions: dict[str, tuple[Partition, int]] = {}
        self._results: list[PartitionResult] = []
        self._failures: dict[str, list[PartitionFailure]] = defaultdict(list)

    async def run(self, tasks: list[Partition], on_progress: OnProgress | None) -> CrawlReport:
        completed: Any = as_completed
        futures = completed([self._submit(partition, 0) for partition in tasks])
        done = 0
        try:
            async for future in futures:
                again = await self._collect(future)
                if again is not None:
                    futures.add(again)
                    continue
                done += 1
                if on_progress is not None:
                    on_progress(done, len(tasks))
        finally:
            await self._dask.cancel(list(futures.futures))
        self._results.sort(key=lambda result: result.partition)
        return CrawlReport(
            results=tuple(self._results),
            failures={project: tuple(sorted(found, key=_partition_of)) for project, found in self._failures.items()},
        )

    def _submit(self, partition: Partition, submissions: int) -> Any:
        # Dask's dashboard groups tasks by the beginning of their keys.
        key = f"crawl_partition-{partition.path}-{uuid4().hex}"
        self._partitions[key] = partition, submissions
        return self._dask.submit(_crawl, partition, self._options, key=key, pure=False)

    async def _collect(self, future: Any) -> Any:
        """Keep the outcome of a task; return the task that replaces it if it has to run again."""
        partition, submissions = self._partitions.pop(future.key)
        error = await future.exception()
        if isinstance(error, KilledWorker) and submissions < _RESUBMISSIONS:
            return self._submit(partition, submissions + 1)
        if error is not None:
            outcome: Any = PartitionFailure(partition=partition, error=f"{type(error).__name__}: {error}")
        else:
            outcome = await future.result()
        if isinstance(outcome, PartitionResult):
            self._results.append(outcome)
        else:
            self._failures[partition.project_slug].append(outcome)
        return None


def _partition_of(failure: PartitionFailure) -> Partition:
    return failure.partition
