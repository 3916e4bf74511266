"""What a project or an organization ran: pipelines, workflows, jobs, and what belongs to them.

The client offers `history` and `org_history` as methods, with itself as the first argument:
``async for record in circleci.history("gh/acme/web", since=yesterday, include=("jobs", "tests")): ...``
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from circleci_v2._validation import require_at_least_one
from circleci_v2.bulk import map_concurrently
from circleci_v2.errors import CircleCIError, ConfigurationError
from circleci_v2.history.crawling import PARTS_OF_JOBS, Crawler, is_refusal
from circleci_v2.history.cursors import Cursor
from circleci_v2.history.listing import Listing, PipelineList, Window
from circleci_v2.history.records import Failure, JobRecord, Part, PipelineRecord, RecordsOf, WorkflowRecord
from circleci_v2.slugs import OrgSlug, ProjectSlug
from circleci_v2.streams import Send, Stream

if TYPE_CHECKING:
    from circleci_v2._generated.namespaces import Namespaces

__all__ = [
    "Failure",
    "JobRecord",
    "Part",
    "PipelineRecord",
    "RecordsOf",
    "WorkflowRecord",
    "history",
    "is_refusal",
    "org_history",
]

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
    carry: Callable[[CircleCIError], bool] = is_refusal,
) -> Stream[PipelineRecord]:
    """Every pipeline of a project with its workflows and jobs, newest first, each as soon as it is complete.

    Nothing is requested before the first record is asked for, pages are not read beyond `since`, and memory does not
    grow with the length of the history. Leave the loop at any point; with ``async with circleci.history(...) as
    records`` every request has ended when the block is left.

    Args:
        circleci: The client.
        project_slug: The project, for example ``gh/acme/web``.
        since: Only pipelines created at this moment or later. Default: as far back as CircleCI goes.
        until: Only pipelines created before this moment. Default: up to now.
        branch: Only pipelines of this branch. Default: all.
        include: What to fetch besides the pipelines and their workflows: ``jobs``, and of each job ``tests``,
            ``artifacts`` and ``details``, which include ``jobs``. Each part of each job is a call. Default: ``jobs``.
        concurrency: How many calls may run at a time, at least 1. The client's own limit holds besides. Default: 50.
        cursor: Go on after the record whose `PipelineRecord.cursor` this is.
        carry: Which failures of single parts a record carries in `PipelineRecord.failures`; others end the crawl.
            Default: what CircleCI refuses, such as a 404 on an expired workflow, and not an outage.

    Returns:
        A stream of records. An error is raised after the records before it; go on from the cursor of the last one.

    Raises:
        InvalidSlugError: The text is not such a slug.
        ConfigurationError: Another argument makes no sense.
        CircleCIError: While iterating: the pipelines could not be listed, or a failure is not to be carried.
    """
    slug = ProjectSlug(project_slug)
    pipelines = PipelineList(
        name=f"{slug.canonical} on branch {branch}" if branch else slug.canonical,
        begin=lambda page_token: circleci.pipelines.list_for_project(slug, branch=branch, page_token=page_token),
    )
    return _crawl(
        circleci,
        pipelines,
        window=Window(since=since, until=until),
        include=include,
        concurrency=concurrency,
        cursor=cursor,
        carry=carry,
    )


def org_history(
    circleci: Namespaces,
    org_slug: OrgSlug | str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    include: Iterable[Part] = ("jobs",),
    concurrency: int = 50,
    cursor: str | None = None,
    carry: Callable[[CircleCIError], bool] = is_refusal,
) -> Stream[PipelineRecord]:
    """The recent pipelines of all projects that the token's owner follows in an organization, as by `history`.

    CircleCI lists them for the 250 projects built last, and of unfollowed projects not at all; for the whole history of
    one project use `history`.

    Args:
        circleci: The client.
        org_slug: The organization, for example ``gh/acme``.
        since: See `history`.
        until: See `history`.
        include: See `history`.
        concurrency: See `history`.
        cursor: See `history`.
        carry: See `history`.

    Returns:
        A stream of records, as by `history`.

    Raises:
        InvalidSlugError: The text is not such a slug.
        ConfigurationError: Another argument makes no sense.
        CircleCIError: While iterating: the pipelines could not be listed, or a failure is not to be carried.
    """
    slug = OrgSlug(org_slug)
    pipelines = PipelineList(
        name=slug.canonical,
        begin=lambda page_token: circleci.pipelines.list(org_slug=slug, page_token=page_token),
    )
    return _crawl(
        circleci,
        pipelines,
        window=Window(since=since, until=until),
        include=include,
        concurrency=concurrency,
        cursor=cursor,
        carry=carry,
    )


def _crawl(
    circleci: Namespaces,
    pipelines: PipelineList,
    *,
    window: Window,
    include: Iterable[Part],
    concurrency: int,
    cursor: str | None,
    carry: Callable[[CircleCIError], bool],
) -> Stream[PipelineRecord]:
    parts = _complete(include)
    place = None if cursor is None else Cursor.parse(cursor, of=pipelines.name)
    require_at_least_one("concurrency", concurrency, "call")

    async def produce(send: Send[PipelineRecord]) -> None:
        crawler = Crawler(circleci, parts, concurrency, carry)
        records = map_concurrently(
            crawler.record,
            Listing(pipelines, window, place),
            concurrency=concurrency,
            ordered=True,
            # So that an error comes in its turn, after every record before it.
            on_error="collect",
        )
        async with records as outcomes:
            async for outcome in outcomes:
                await send((outcome.result,))

    return Stream(produce)


def _complete(include: Iterable[Part]) -> frozenset[Part]:
    # A bare string is an iterable of letters; one part is what was meant.
    given: Iterable[Any] = (include,) if isinstance(include, str) else include
    parts = frozenset[Part](given)
    if unknown := parts - _PARTS:
        msg = f"include={sorted(unknown)!r}: there are jobs, tests, artifacts and details to include."
        raise ConfigurationError(msg)
    return parts if parts.isdisjoint(PARTS_OF_JOBS) else parts | _JOBS
