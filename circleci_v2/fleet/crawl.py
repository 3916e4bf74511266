"""Crawl one partition: fetch its pipelines with their parts, and write them to a dataset."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, cast

import attrs
from anyio import to_thread

from circleci_v2.errors import CircleCIError, ConfigurationError
from circleci_v2.fleet.dataset import Dataset, KnownProjects, PartitionState
from circleci_v2.fleet.partitions import Partition, distinct
from circleci_v2.fleet.rows import Rows
from circleci_v2.history import PipelineRecord, history, is_permanent_error
from circleci_v2.history.organization import (
    OrganizationProject,
    ProjectsClient,
    ProjectsToCrawl,
    organization_projects,
    slugs_of,
)
from circleci_v2.history.records import Part, RecordsOf
from circleci_v2.slugs import OrgSlug, ProjectSlug
from circleci_v2.waiting.states import Phase, phase_of

if TYPE_CHECKING:
    from circleci_v2.namespaces import Namespaces

__all__ = [
    "OVERLAP",
    "DatasetKind",
    "FoundProjects",
    "PartitionResult",
    "crawl_partition",
    "is_unfinished",
    "kinds_of",
    "parts_of",
    "projects_to_crawl",
    "texts_of_failures",
]

DatasetKind = RecordsOf
"""A kind of record that a dataset has files of."""

_ALWAYS: Final[frozenset[DatasetKind]] = frozenset({"pipelines", "workflows"})
_OPTIONAL: Final[Mapping[DatasetKind, Part]] = {"jobs": "jobs", "tests": "tests", "artifacts": "artifacts"}
# CircleCI cancels unfinished workflows after 90 days (support article 5645222646939, as of 2026-11).
_LONGEST_RUN: Final = timedelta(days=91)
# CircleCI does not promise that its lists are sorted exactly, nor that a pipeline is listed as soon as it is created: each
# run looks this much further back than the one before. The figure is a guess.
OVERLAP: Final = timedelta(minutes=10)
# A successor of a workflow that has ended, such as an automatic rerun, appears within minutes; a day is a guess.
_SUCCESSOR_APPEARS: Final = timedelta(days=1)


@attrs.frozen(kw_only=True)
class PartitionResult:
    """What a crawl of one partition did: small enough to be sent between processes.

    Attributes:
        partition: The partition.
        skipped: Whether its files were complete already, so that no request was sent.
        rows: The number of rows in its files, by kind.
        unfinished: How many of its pipelines were still in progress; a later crawl fetches them again.
        failures: The parts that CircleCI did not return, such as the jobs of an expired workflow, one text for each.
    """

    partition: Partition
    skipped: bool = False
    rows: Mapping[DatasetKind, int] = attrs.field(factory=dict[DatasetKind, int])
    unfinished: int = 0
    failures: tuple[str, ...] = ()


async def crawl_partition(
    circleci: Namespaces,
    partition: Partition,
    destination: str | os.PathLike[str],
    *,
    include: Iterable[DatasetKind] = ("jobs",),
    concurrency: int = 20,
    tolerate: Callable[[CircleCIError], bool] = is_permanent_error,
    clock: Callable[[], float] = time.time,
) -> PartitionResult:
    """Fetch the pipelines of a partition and write them as Parquet files, one for each kind of record.

    It needs no engine: run it wherever an async function runs, on as many machines as there are. Two processes that crawl
    the same partition write the same files, and the last one wins. Files that are complete, and in which no pipeline was
    still in progress, are not written again; others are replaced, by files that also have the time that they covered.

    Args:
        circleci: The client.
        partition: The partition, from `partitions`.
        destination: The dataset: a local directory, or a URL of any file system that fsspec knows.
        include: The kinds of records besides pipelines and workflows: ``jobs``, ``tests``, ``artifacts``. Default:
            ``jobs``. Tests and artifacts take one call per job.
        concurrency: The maximum number of concurrent calls, at least 1. Default: 20.
        tolerate: Returns whether the error of one part becomes an entry of `PartitionResult.failures`; see `history`.
        clock: Returns the time in seconds since 1970, for tests. Default: `time.time`.

    Raises:
        ConfigurationError: An argument is invalid, a package is missing, or the files of the destination have windows of
            another length.
        CircleCIError: The pipelines could not be listed, or `tolerate` rejected an error. No file was changed.
        OSError: The destination cannot be read or written.
    """
    kinds = kinds_of(include)
    dataset = Dataset(destination)
    await to_thread.run_sync(dataset.require_windows, partition.window.until - partition.window.since)
    state = await to_thread.run_sync(dataset.state_of, partition.path)
    if state is not None and _covers(state, partition, kinds):
        return PartitionResult(partition=partition, skipped=True)
    since, until = _to_fetch(partition, state)
    rows, now = Rows(kinds), datetime.fromtimestamp(clock(), UTC)
    unfinished: set[str] = set()
    failures: list[str] = []
    records = history(
        circleci,
        partition.project_slug,
        since=since,
        until=until,
        include=parts_of(kinds),
        concurrency=concurrency,
        tolerate=tolerate,
    )
    async for record in records:
        # A pipeline without a time of creation is in the window of the pipeline that is listed before it.
        if since <= (record.listed_at or now) < until:
            rows.add(record)
            failures += texts_of_failures(record)
            if is_unfinished(record, now):
                unfinished.add(str(record.pipeline.id))
    state = PartitionState(
        since=since if state is None else min(since, state.since),
        until=until,
        kinds=kinds,
        unfinished=frozenset(unfinished),
    )
    counts = await to_thread.run_sync(dataset.write, partition.path, rows, state)
    return PartitionResult(partition=partition, rows=counts, unfinished=len(unfinished), failures=tuple(failures))


@attrs.frozen(kw_only=True)
class FoundProjects:
    """The projects to crawl.

    Attributes:
        slugs: Their slugs, sorted, each once.
        unresolved: The names of projects that CircleCI lists without their slugs.
        known: All that is known of the projects of the organization, for a later run; None if the projects were given.
    """

    slugs: tuple[ProjectSlug, ...]
    unresolved: tuple[str, ...] = ()
    known: KnownProjects | None = None


async def projects_to_crawl(
    circleci: ProjectsClient,
    organization: OrgSlug | str | None,
    projects: ProjectsToCrawl | None,
    *,
    since: datetime,
    now: datetime,
    known: KnownProjects | None = None,
) -> FoundProjects:
    """Find the projects to crawl.

    Args:
        circleci: The client.
        organization: The organization whose projects to crawl.
        projects: The projects to crawl instead.
        since: The beginning of the history to crawl.
        now: The present time.
        known: The projects of the organization that an earlier run has found, so that only newer pipelines are read.

    Raises:
        ConfigurationError: Neither or both are given, or a given project has no slug.
        CircleCIError: The projects could not be listed.
    """
    if (organization is None) == (projects is None):
        msg = f"organization={organization!r} and projects={projects!r}: pass one of them."
        raise ConfigurationError(msg)
    if organization is None:
        given = [slug async for slug in slugs_of(cast("ProjectsToCrawl", projects))]
        return FoundProjects(slugs=tuple(sorted(distinct(given))))
    begin = since if known is None or since < known.since else known.until - OVERLAP
    names: dict[str, str] = {} if known is None else dict(known.names)
    listed: list[OrganizationProject] = [
        project async for project in organization_projects(circleci, organization, since=min(begin, now))
    ]
    names |= {str(project.slug): project.name for project in listed if project.slug is not None}
    without_slug = {project.name for project in listed if project.slug is None}
    return FoundProjects(
        slugs=tuple(sorted(distinct(names))),
        unresolved=tuple(sorted(without_slug.difference(names.values()))),
        known=KnownProjects(since=since if known is None else min(since, known.since), until=now, names=names),
    )


def kinds_of(include: Iterable[DatasetKind]) -> frozenset[DatasetKind]:
    """Return the kinds of records that a dataset gets.

    Args:
        include: The kinds besides pipelines and workflows.

    Raises:
        ConfigurationError: One of them does not exist.
    """
    # A bare string would be iterated letter by letter; it is treated as one kind.
    kinds_given: Iterable[Any] = (include,) if isinstance(include, str) else include
    kinds = frozenset[DatasetKind](kinds_given)
    if unknown := kinds - _OPTIONAL.keys() - _ALWAYS:
        msg = f"include={sorted(unknown)!r}: pass any of 'jobs', 'tests' and 'artifacts'."
        raise ConfigurationError(msg)
    return kinds | _ALWAYS


def parts_of(kinds: Iterable[DatasetKind]) -> frozenset[Part]:
    """Return the parts of pipelines that have to be fetched for some kinds of records."""
    parts: set[Part] = {_OPTIONAL[kind] for kind in kinds if kind in _OPTIONAL}
    if parts:
        parts.add("jobs")  # tests and artifacts belong to jobs
    return frozenset(parts)


def is_unfinished(record: PipelineRecord, now: datetime) -> bool:
    """Return whether a pipeline may still change without a rerun, so that it has to be fetched again.

    Args:
        record: The pipeline with its workflows.
        now: The present time.
    """
    phase = phase_of(record.pipeline, [one.workflow for one in record.workflows])
    age = now - (record.listed_at or now)
    return phase is not Phase.ENDED and age < (_LONGEST_RUN if phase is Phase.RUNNING else _SUCCESSOR_APPEARS)


def texts_of_failures(record: PipelineRecord) -> list[str]:
    """Return one text for each part of a pipeline that could not be fetched."""
    return [f"{one.part} of {one.of}: {one.error}" for one in record.failures]


def _to_fetch(partition: Partition, state: PartitionState | None) -> tuple[datetime, datetime]:
    """Return the time to fetch: that of the partition, and also that of its file, which is replaced."""
    if state is None:
        return partition.since, partition.until
    # `mirror` writes a time before the window if the windows in between have no pipelines.
    return max(partition.window.since, min(partition.since, state.since)), max(partition.until, state.until)


def _covers(state: PartitionState, partition: Partition, kinds: frozenset[DatasetKind]) -> bool:
    return (
        not state.unfinished
        and state.since <= partition.since
        and state.until >= partition.until
        and state.kinds >= kinds
    )
