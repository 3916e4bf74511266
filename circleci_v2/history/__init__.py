"""The history of a project or an organization: its pipelines with their workflows, jobs, tests and artifacts.

The client offers `history` and `org_history` as methods, with itself as the first argument:
``async for record in circleci.history("gh/acme/web", since=yesterday, include=("jobs", "tests")): ...``
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

from circleci_v2._validation import require_at_least_one
from circleci_v2.bulk import map_concurrently
from circleci_v2.errors import CircleCIError, ConfigurationError
from circleci_v2.events import Event, ProjectLimitEvent
from circleci_v2.history.crawler import PARTS_OF_JOBS, Crawler, is_permanent_error
from circleci_v2.history.listing import Cursor, DateRange, Listing, OnPage, PipelineList, project_pipelines
from circleci_v2.history.organization import (
    PROJECT_LIMIT,
    OrganizationProject,
    ProjectSource,
    ProjectsToCrawl,
    organization_projects,
    slugs_of,
)
from circleci_v2.history.records import Failure, JobRecord, Part, PipelineRecord, RecordsOf, WorkflowRecord
from circleci_v2.slugs import OrgSlug, ProjectSlug
from circleci_v2.streams import Send, Stream

if TYPE_CHECKING:
    from circleci_v2.models import Pipeline
    from circleci_v2.namespaces import Namespaces

__all__ = [
    "Failure",
    "JobRecord",
    "OrgHistory",
    "OrganizationProject",
    "Part",
    "PipelineRecord",
    "ProjectSource",
    "RecordsOf",
    "WorkflowRecord",
    "history",
    "is_permanent_error",
    "org_history",
    "organization_projects",
]

_logger: Final = logging.getLogger("circleci_v2.history")


_JOBS: Final = frozenset[Part]({"jobs"})
_PARTS: Final = frozenset[Part]({"workflows", *_JOBS, *PARTS_OF_JOBS})


def history(
    circleci: Namespaces,
    project_slug: ProjectSlug | str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    branch: str | None = None,
    include: Iterable[Part] = ("jobs",),
    concurrency: int = 50,
    cursor: str | None = None,
    tolerate: Callable[[CircleCIError], bool] = is_permanent_error,
) -> Stream[PipelineRecord]:
    """Iterate every pipeline of a project with its workflows and jobs, newest first, each as soon as it is complete.

    No request is sent before the first record is read, pages beyond `since` are not fetched, and memory does not grow
    with the length of the history. The loop may be left at any point; with ``async with circleci.history(...) as
    records`` every request has ended at the end of the block.

    Args:
        circleci: The client.
        project_slug: The project, for example ``gh/acme/web``.
        since: Only pipelines created at this time or later. Default: as far back as CircleCI goes.
        until: Only pipelines created before this time. Default: until now.
        branch: Only pipelines of this branch. Default: all.
        include: The parts to fetch in addition to the pipelines and their workflows: ``jobs``, and per job ``tests``,
            ``artifacts`` and ``details``, which include ``jobs``. Each part of each job is one call. Default: ``jobs``.
        concurrency: The maximum number of concurrent calls, at least 1; the client's own limit applies as well.
            Default: 50.
        cursor: Resume after the record with this `PipelineRecord.cursor`. Default: begin at the newest pipeline.
        tolerate: Returns whether the error of one part becomes an entry of `PipelineRecord.failures`; every other error
            ends the crawl. Default: tolerate permanent errors, such as the 404 of an expired workflow, but no outage.

    Returns:
        A stream of records. An error is raised after the records before it; resume from the cursor of the last one.

    Raises:
        InvalidSlugError: `project_slug` is not a project slug.
        ConfigurationError: Another argument is invalid; the message says which.
        CircleCIError: While iterating: the pipelines could not be listed, or `tolerate` rejected an error.
    """
    produce = _crawl(
        circleci,
        project_pipelines(circleci, project_slug, branch=branch),
        dates=DateRange(since=since, until=until),
        include=include,
        concurrency=concurrency,
        cursor=cursor,
        tolerate=tolerate,
    )
    return Stream(produce)


def org_history(
    circleci: Namespaces,
    org_slug: OrgSlug | str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    projects: ProjectsToCrawl | None = None,
    include: Iterable[Part] = ("jobs",),
    concurrency: int = 50,
    cursor: str | None = None,
    tolerate: Callable[[CircleCIError], bool] = is_permanent_error,
) -> OrgHistory:
    """Iterate the pipelines of the 250 most recently built projects of an organization, with their workflows and jobs.

    CircleCI lists no pipelines of other projects, nor of those that the owner of the token does not follow. When the
    list covers 250 projects, others may be missing: a `ProjectLimitEvent` is emitted, a warning is logged, and
    `OrgHistory.project_limit_reached` is True. For the complete history of one project use `history`, and for that of
    several projects pass `projects`::

        circleci.org_history("gh/acme", projects=circleci.organization_projects("gh/acme"))

    Args:
        circleci: The client.
        org_slug: The organization, for example ``gh/acme``.
        since: See `history`.
        until: See `history`.
        projects: Crawl the pipelines of these projects, one project after the other, instead of CircleCI's list for the
            organization: their slugs, or the results of `organization_projects`. The cursor of a record then belongs to
            the `history` of its project. Default: CircleCI's list.
        include: See `history`.
        concurrency: See `history`.
        cursor: See `history`; not together with `projects`.
        tolerate: See `history`.

    Returns:
        A stream of records, as from `history`, that knows whether projects may be missing.

    Raises:
        InvalidSlugError: `org_slug` is not an organization slug.
        ConfigurationError: Another argument is invalid; the message says which.
        CircleCIError: While iterating: the pipelines could not be listed, a project has no slug, or `tolerate` rejected
            an error.
    """
    slug = OrgSlug(org_slug)
    if projects is not None:
        if cursor is not None:
            msg = "cursor= and projects= exclude each other: resume the history of each project with its own cursor."
            raise ConfigurationError(msg)
        DateRange(since=since, until=until)  # raises for an invalid date now, and not while iterating
        _resolve_parts(include)
        require_at_least_one("concurrency", concurrency, "call")
        options = {"since": since, "until": until, "include": include, "concurrency": concurrency, "tolerate": tolerate}
        return OrgHistory(_crawl_each(circleci, projects, options), _ProjectLimit(circleci, slug))
    pipelines = PipelineList(
        name=slug.canonical,
        paginate=lambda page_token: circleci.pipelines.list(org_slug=slug, page_token=page_token),
    )
    limit = _ProjectLimit(circleci, slug)
    produce = _crawl(
        circleci,
        pipelines,
        dates=DateRange(since=since, until=until),
        include=include,
        concurrency=concurrency,
        cursor=cursor,
        tolerate=tolerate,
        new_counter=limit.new_counter,
    )
    return OrgHistory(produce, limit)


def _crawl_each(
    circleci: Namespaces, projects: ProjectsToCrawl, options: Mapping[str, Any]
) -> Callable[[Send[PipelineRecord]], Awaitable[None]]:
    async def produce(send: Send[PipelineRecord]) -> None:
        async for slug in slugs_of(projects):
            async with history(circleci, slug, **options) as records:
                async for record in records:
                    await send((record,))

    return produce


class OrgHistory(Stream[PipelineRecord]):
    """The records of `org_history`, and whether projects may be missing from them."""

    def __init__(self, produce: Callable[[Send[PipelineRecord]], Awaitable[None]], limit: _ProjectLimit) -> None:
        super().__init__(produce)
        self._limit = limit

    @property
    def project_limit_reached(self) -> bool:
        """Whether an iteration of this stream has met pipelines of 250 projects, so that those of others may be missing.

        False means that nothing is missing of the time read so far: a project built in that time would be listed. An
        iteration that begins at a cursor counts the projects from there on.
        """
        return self._limit.reached


class _ProjectLimit:
    """Counts the projects in a list of pipelines, and reports when they are as many as CircleCI lists at most.

    Args:
        circleci: The client.
        org_slug: The organization.

    Attributes:
        reached: Whether one of the counters has reached the limit.
    """

    def __init__(self, circleci: Namespaces, org_slug: OrgSlug) -> None:
        self._circleci = circleci
        self._org_slug = org_slug.canonical
        self.reached = False

    def new_counter(self) -> OnPage:
        """Return a function that counts the projects of one iteration, page by page."""
        projects: set[str] = set()

        def count(page: Sequence[Pipeline]) -> None:
            before = len(projects)
            projects.update(pipeline.project_slug for pipeline in page)
            if before < PROJECT_LIMIT <= len(projects):
                self._report()

        return count

    def _report(self) -> None:
        self.reached = True
        _logger.warning(
            "CircleCI lists the pipelines of %d projects of %s at most: those of other projects may be missing.",
            PROJECT_LIMIT,
            self._org_slug,
        )
        if isinstance(self._circleci, _EmitsEvents):
            self._circleci.emit(
                ProjectLimitEvent(operation_id="listPipelines", org_slug=self._org_slug, projects=PROJECT_LIMIT)
            )


@runtime_checkable
class _EmitsEvents(Protocol):
    """A client with ``on_event``; the clients of tests need not have it."""

    def emit(self, event: Event) -> None: ...


def _crawl(
    circleci: Namespaces,
    pipelines: PipelineList,
    *,
    dates: DateRange,
    include: Iterable[Part],
    concurrency: int,
    cursor: str | None,
    tolerate: Callable[[CircleCIError], bool],
    new_counter: Callable[[], OnPage] | None = None,
) -> Callable[[Send[PipelineRecord]], Awaitable[None]]:
    parts = _resolve_parts(include)
    position = None if cursor is None else Cursor.parse(cursor, of=pipelines.name)
    require_at_least_one("concurrency", concurrency, "call")

    async def produce(send: Send[PipelineRecord]) -> None:
        crawler = Crawler(circleci, parts, concurrency, tolerate)
        records = map_concurrently(
            crawler.fetch_record,
            Listing(pipelines, dates, position, on_page=new_counter() if new_counter else None),
            concurrency=concurrency,
            ordered=True,
            # An error is raised in its turn, after every record before it.
            on_error="collect",
        )
        async with records as outcomes:
            async for outcome in outcomes:
                await send((outcome.result,))

    return produce


def _resolve_parts(include: Iterable[Part]) -> frozenset[Part]:
    # A bare string would be iterated letter by letter; it is treated as one part.
    parts_given: Iterable[Any] = (include,) if isinstance(include, str) else include
    parts = frozenset[Part](parts_given)
    if unknown := parts - _PARTS:
        msg = f"include={sorted(unknown)!r}: pass any of 'jobs', 'tests', 'artifacts' and 'details'."
        raise ConfigurationError(msg)
    return parts if parts.isdisjoint(PARTS_OF_JOBS) else parts | _JOBS
