"""Mirror: the projects of an organization in one dataset, crawled on one machine and kept current.

A first run fetches everything since a date. Each later run lists the pipelines that are newer than the dataset, fetches
them and those that were still in progress, and rewrites the partitions that they belong to; its cost is proportional to
the changes, plus one list request per project and a few to find new projects. A run that was interrupted is completed by
the next one.
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import attrs
from anyio import to_thread

from circleci_v2._validation import require_at_least_one
from circleci_v2._wire.types import maybe_datetime
from circleci_v2.bulk import OnProgress, map_concurrently
from circleci_v2.errors import CircleCIError, NotFoundError
from circleci_v2.fleet.crawl import (
    OVERLAP,
    DatasetKind,
    is_unfinished,
    kinds_of,
    parts_of,
    projects_to_crawl,
    texts_of_failures,
)
from circleci_v2.fleet.dataset import Dataset, PartitionState
from circleci_v2.fleet.partitions import TimeWindow, check_range, path_of, window_of
from circleci_v2.fleet.rows import Rows
from circleci_v2.history import is_permanent_error
from circleci_v2.history.crawler import Crawler
from circleci_v2.history.listing import Cursor, DateRange, Listing, project_pipelines
from circleci_v2.slugs import OrgSlug

if TYPE_CHECKING:
    from circleci_v2.client import CircleCI
    from circleci_v2.history import PipelineRecord
    from circleci_v2.history.organization import ProjectsToCrawl
    from circleci_v2.models import Pipeline
    from circleci_v2.namespaces import Namespaces

__all__ = ["MirrorReport", "ProjectMirror", "mirror"]

_CONCURRENT_PROJECTS: Final = 8
# Records of one project that are fetched ahead of the one that is written next.
_CONCURRENT_RECORDS: Final = 20


@attrs.frozen(kw_only=True)
class ProjectMirror:
    """What one run did for one project.

    Attributes:
        project_slug: The project.
        added: The number of pipelines that were new.
        refreshed: The number of pipelines that had been in progress and were fetched again.
        unfinished: The number of pipelines that are still in progress; the next run fetches them again.
        failures: The parts that CircleCI did not return, such as the jobs of an expired workflow, one text for each.
        error: The error that ended the run for this project; what was written before stays, and the next run goes on.
    """

    project_slug: str
    added: int = 0
    refreshed: int = 0
    unfinished: int = 0
    failures: tuple[str, ...] = ()
    error: CircleCIError | OSError | None = None


@attrs.frozen(kw_only=True)
class MirrorReport:
    """What one run of `mirror` did.

    Attributes:
        projects: One report for each project, in the order of their slugs.
        unresolved: The names of projects of a ``circleci/...`` organization that only Insights lists, which has no slugs, so
            that they cannot be mirrored: follow them, or pass `projects`.
    """

    projects: tuple[ProjectMirror, ...]
    unresolved: tuple[str, ...] = ()

    @property
    def added(self) -> int:
        """The number of new pipelines."""
        return sum(project.added for project in self.projects)

    @property
    def refreshed(self) -> int:
        """The number of pipelines that had been in progress and were fetched again."""
        return sum(project.refreshed for project in self.projects)

    @property
    def errors(self) -> Mapping[str, CircleCIError | OSError]:
        """The errors of the projects that could not be mirrored completely, by project slug."""
        return {project.project_slug: project.error for project in self.projects if project.error is not None}


async def mirror(
    circleci: CircleCI,
    destination: str | os.PathLike[str],
    *,
    organization: OrgSlug | str | None = None,
    projects: ProjectsToCrawl | None = None,
    since: datetime,
    every: timedelta = timedelta(days=7),
    include: Iterable[DatasetKind] = ("jobs",),
    concurrency: int = 50,
    tolerate: Callable[[CircleCIError], bool] = is_permanent_error,
    on_progress: OnProgress | None = None,
    clock: Callable[[], float] = time.time,
) -> MirrorReport:
    """Bring the dataset of an organization, or of some projects, up to date.

    Run it again to fetch what is new and what was still in progress. Workflows that are rerun after their pipeline had
    ended are not noticed. Only one run at a time may write to a destination.

    Args:
        circleci: The client.
        destination: The dataset: a local directory, or a URL of any file system that fsspec knows.
        organization: Mirror all projects of this organization that `organization_projects` finds.
        projects: Mirror these projects instead: their slugs, or the results of `organization_projects`.
        since: Pipelines created at this time or later. A later run may begin earlier, and fetches what is missing.
        every: The length of the window of time that one file covers, at least an hour; the same for all runs. Default: 7
            days.
        include: The kinds of records besides pipelines and workflows: ``jobs``, ``tests``, ``artifacts``. Default:
            ``jobs``. Tests and artifacts take one call per job.
        concurrency: The maximum number of concurrent calls, at least 1. Default: 50.
        tolerate: Returns whether the error of one part becomes an entry of `ProjectMirror.failures`; see `history`.
        on_progress: Called as ``on_progress(finished, total)`` after each project.
        clock: Returns the time in seconds since 1970, for tests. Default: `time.time`.

    Returns:
        A report for each project. The error of one project does not end the run of the others.

    Raises:
        InvalidSlugError: A project is not a project slug.
        ConfigurationError: An argument is invalid, a project of `projects` has no slug, a package is missing, or the
            destination has other windows or damaged settings.
        CircleCIError: The projects of the organization could not be listed.
        OSError: The destination cannot be read or written.
    """
    now = datetime.fromtimestamp(clock(), UTC)
    check_range(since, now, every)
    require_at_least_one("concurrency", concurrency, "call")
    kinds = kinds_of(include)
    dataset = Dataset(destination)
    await to_thread.run_sync(dataset.prepare, every)
    org_slug = None if organization is None else OrgSlug(organization).canonical
    known = None if org_slug is None else await to_thread.run_sync(dataset.known_projects, org_slug)
    found = await projects_to_crawl(circleci, organization, projects, since=since, now=now, known=known)
    if org_slug is not None and found.known is not None:
        await to_thread.run_sync(dataset.remember_projects, org_slug, found.known)
    crawler = Crawler(circleci, parts_of(kinds), concurrency, tolerate)

    async def run(slug: str) -> ProjectMirror:
        project = _ProjectRun(circleci, crawler, dataset, slug, since=since, every=every, kinds=kinds, now=now)
        return await project.run(min(concurrency, _CONCURRENT_RECORDS))

    outcomes = map_concurrently(run, found.slugs, concurrency=_CONCURRENT_PROJECTS, on_progress=on_progress)
    async with outcomes as finished:
        reports = [outcome.result async for outcome in finished]
    gone = {report.project_slug for report in reports if isinstance(report.error, NotFoundError)}
    if org_slug is not None and found.known is not None and gone:
        # Reported once; a later run mirrors such a project again if CircleCI lists it.
        names = {slug: name for slug, name in found.known.names.items() if slug not in gone}
        await to_thread.run_sync(dataset.remember_projects, org_slug, attrs.evolve(found.known, names=names))
    return MirrorReport(
        projects=tuple(sorted(reports, key=lambda report: report.project_slug)), unresolved=found.unresolved
    )


@attrs.define(eq=False)
class _Changes:
    """The changes of one window that are not written yet."""

    rows: Rows
    taken: set[str] = attrs.field(factory=set[str])
    unfinished: set[str] = attrs.field(factory=set[str])


class _ProjectRun:
    """One run for one project.

    The state of a partition says which time it covers: from its own beginning, or from the end of the next older window
    that has pipelines, to its own end. So the partitions of a project cover its history without a gap, although windows
    without pipelines have no files, and a gap shows where an interrupted run has to be completed.
    """

    def __init__(
        self,
        circleci: Namespaces,
        crawler: Crawler,
        dataset: Dataset,
        slug: str,
        *,
        since: datetime,
        every: timedelta,
        kinds: frozenset[DatasetKind],
        now: datetime,
    ) -> None:
        self._circleci = circleci
        self._crawler = crawler
        self._dataset = dataset
        self._slug = slug
        self._since = since.astimezone(UTC)
        self._every = every
        self._kinds = kinds
        self._now = now
        self._states: dict[TimeWindow, PartitionState] = {}
        self._ids: dict[TimeWindow, set[str]] = {}
        self._changes: dict[TimeWindow, _Changes] = {}
        self._added = self._refreshed = 0
        self._failures: list[str] = []

    async def run(self, concurrency: int) -> ProjectMirror:
        """Bring the partitions of the project up to date."""
        error: CircleCIError | OSError | None = None
        try:
            await self._read_states()
            await self._refresh_unfinished(concurrency)
            await self._add_new(concurrency)
        except (CircleCIError, OSError) as raised:
            error = raised
        return ProjectMirror(
            project_slug=self._slug,
            added=self._added,
            refreshed=self._refreshed,
            unfinished=sum(len(state.unfinished) for state in self._states.values()),
            failures=tuple(self._failures),
            error=error,
        )

    async def _read_states(self) -> None:
        for window in await to_thread.run_sync(self._dataset.windows_of, self._slug, self._every):
            state = await to_thread.run_sync(self._dataset.state_of, path_of(self._slug, window))
            if state is not None and state.kinds >= self._kinds:
                self._states[window] = state
            elif window.until > self._since:
                # Its files are replaced: fetch everything that they may have, also from before the beginning of this run.
                begin = window.since if state is None else max(window.since, state.since)
                self._since = min(self._since, begin)

    def _covered_until(self) -> datetime:
        """Return the end of the time from `since` on that the files cover without a gap."""
        end = self._since
        for _, state in sorted(self._states.items()):
            if state.since <= end:
                end = max(end, state.until)
        return end

    async def _refresh_unfinished(self, concurrency: int) -> None:
        pipelines = [(window, id_) for window, state in self._states.items() for id_ in state.unfinished]
        fetched = map_concurrently(self._fetch_again, pipelines, concurrency=concurrency)
        async with fetched as outcomes:
            async for outcome in outcomes:
                (window, pipeline_id), record = outcome.item, outcome.result
                changes = self._changes_of(window)
                changes.unfinished.discard(pipeline_id)
                if record is not None:
                    self._refreshed += 1
                    self._take(record, window)
        for window in sorted(self._changes):
            await self._write(window, self._states[window])

    async def _fetch_again(self, pipeline: tuple[TimeWindow, str]) -> PipelineRecord | None:
        try:
            found = await self._circleci.pipelines.get(pipeline[1])
        except NotFoundError:  # it has expired; its last known rows stay
            return None
        return await self._crawler.fetch_record((found, Cursor.after_first(found, None, of=self._slug)))

    async def _add_new(self, concurrency: int) -> None:
        """Fetch the pipelines that no file has, newest first, and write each window once the list has passed it."""
        covered_until = self._covered_until()
        stop = max(self._since, covered_until - OVERLAP)
        upper: datetime | None = None
        current: TimeWindow | None = None
        records = map_concurrently(
            self._fetch_listed, self._listed(stop), concurrency=concurrency, ordered=True, on_error="collect"
        )
        async with records as outcomes:
            async for outcome in outcomes:
                moment, record = outcome.result
                window = window_of(moment, self._every)
                upper = upper or moment + timedelta(milliseconds=1)
                if current is not None and window < current:
                    await self._finish(current, PartitionState(since=window.until, until=upper, kinds=self._kinds))
                    upper = window.until
                current = window if current is None else min(current, window)
                if record is not None:
                    self._added += 1
                    self._take(record, window)
        if current is not None and upper is not None:
            since = min(covered_until, upper)
            await self._finish(current, PartitionState(since=since, until=upper, kinds=self._kinds))
        for window in sorted(self._changes):  # pipelines that were listed out of order
            await self._write(window, self._states[window])

    async def _listed(self, stop: datetime) -> AsyncGenerator[tuple[Pipeline, Cursor]]:
        listing = Listing(project_pipelines(self._circleci, self._slug), DateRange(since=stop), None)
        try:
            async for pipeline, cursor in listing:
                yield pipeline, cursor
        finally:
            await listing.aclose()

    async def _fetch_listed(self, listed: tuple[Pipeline, Cursor]) -> tuple[datetime, PipelineRecord | None]:
        """Fetch a listed pipeline unless a file has it."""
        pipeline, cursor = listed
        moment = cursor.created_at or self._now
        stored = {window_of(moment, self._every)}
        if maybe_datetime(pipeline.created_at) is None:
            # Its window depends on the pipelines that are listed before it, which may have changed.
            stored |= set(self._states)
        for window in stored:
            if str(pipeline.id) in await self._ids_in(window):
                return moment, None
        return moment, await self._crawler.fetch_record(listed)

    async def _ids_in(self, window: TimeWindow) -> set[str]:
        if window not in self._ids:
            path = path_of(self._slug, window)
            self._ids[window] = (
                await to_thread.run_sync(self._dataset.pipeline_ids, path) if window in self._states else set()
            )
        return self._ids[window]

    def _take(self, record: PipelineRecord, window: TimeWindow) -> None:
        changes = self._changes_of(window)
        changes.rows.add(record)
        changes.taken.add(str(record.pipeline.id))
        self._failures += texts_of_failures(record)
        if is_unfinished(record, self._now):
            changes.unfinished.add(str(record.pipeline.id))

    def _changes_of(self, window: TimeWindow) -> _Changes:
        if window not in self._changes:
            unfinished = set(self._states[window].unfinished) if window in self._states else set[str]()
            self._changes[window] = _Changes(Rows(self._kinds), unfinished=unfinished)
        return self._changes[window]

    async def _finish(self, window: TimeWindow, covers: PartitionState) -> None:
        """Write a window that the list has passed, and the time that is now covered."""
        state = self._states.get(window)
        if state is not None:
            covers = attrs.evolve(covers, since=min(covers.since, state.since), until=max(covers.until, state.until))
            if window not in self._changes and covers.since == state.since and covers.until == state.until:
                return
        await self._write(window, covers)

    async def _write(self, window: TimeWindow, covers: PartitionState) -> None:
        changes = self._changes_of(window)
        state = attrs.evolve(covers, unfinished=frozenset(changes.unfinished))
        path = path_of(self._slug, window)
        await to_thread.run_sync(self._merge, path, changes, state, window in self._states)
        self._states[window] = state
        del self._changes[window]

    def _merge(self, path: str, changes: _Changes, state: PartitionState, has_files: bool) -> None:
        if has_files:
            # A run that was killed may have left rows of pipelines that the file of pipelines, the last one, does not have.
            kept = self._dataset.pipeline_ids(path) - changes.taken
            for kind in self._kinds:
                changes.rows.add_table(kind, self._dataset.read_of(kind, path, kept))
        self._dataset.write(path, changes.rows, state)
