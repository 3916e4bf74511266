"""Listing: the pipelines of a crawl from new to old, each with the cursor after it.

A `Cursor` is a position in such a list, as one line of text that stays valid while the list changes.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias
from uuid import UUID

import attrs

from circleci_v2._validation import require_time_zone
from circleci_v2._wire.types import maybe_datetime
from circleci_v2.errors import ConfigurationError, NotFoundError
from circleci_v2.pagination import Page, Paginator
from circleci_v2.slugs import ProjectSlug
from circleci_v2.streams import StreamIterator

if TYPE_CHECKING:
    from circleci_v2.models import Pipeline
    from circleci_v2.namespaces import Namespaces

__all__ = ["Cursor", "DateRange", "Listing", "OnPage", "PipelineList", "project_pipelines"]

_VERSION = 1


@attrs.frozen(kw_only=True)
class Cursor:
    """The position after one pipeline in a list that is sorted from new to old.

    A page token is not enough: it may expire, and pipelines that are added or removed in the meantime shift the pages.
    So the cursor also holds the id of the pipeline and its time of creation.

    Attributes:
        of: The name of the list.
        page_token: The token of the page that held the pipeline; None for the first page.
        pipeline_id: The pipeline.
        created_at: When the pipeline was created or, if the API sent no valid time, the one before it. None when it sent
            none for all of them.
        same_moment: The pipelines before it that were created at exactly the same time.
    """

    of: str
    page_token: str | None
    pipeline_id: UUID
    created_at: datetime | None
    same_moment: frozenset[UUID] = frozenset()

    def __str__(self) -> str:
        content = {
            "version": _VERSION,
            "of": self.of,
            "page_token": self.page_token,
            "pipeline_id": str(self.pipeline_id),
            "created_at": None if self.created_at is None else self.created_at.isoformat(),
            "same_moment": sorted(map(str, self.same_moment)),
        }
        return base64.urlsafe_b64encode(json.dumps(content, separators=(",", ":")).encode()).decode()

    @classmethod
    def parse(cls, text: str, *, of: str) -> Self:
        """Parse a saved cursor.

        Args:
            text: The cursor, as `str(cursor)` returned it.
            of: The name of the list that it must belong to.

        Raises:
            ConfigurationError: The text is not a cursor, or it belongs to another list.
        """
        try:
            content: dict[str, Any] = json.loads(base64.b64decode(text, altchars=b"-_", validate=True))
            version = content["version"]
            cursor = cls._from_content(content) if version == _VERSION else None
        except (binascii.Error, ValueError, KeyError, TypeError, AttributeError) as error:
            msg = f"cursor={text!r} is not a cursor: pass the value of a `PipelineRecord.cursor`, unchanged."
            raise ConfigurationError(msg) from error
        if cursor is None:
            msg = f"cursor={text!r} has version {version}, but this library reads version {_VERSION}."
            raise ConfigurationError(msg)
        if cursor.of != of:
            msg = f"The cursor belongs to the history of {cursor.of}, not of {of}: leave it out to begin at the newest."
            raise ConfigurationError(msg)
        return cursor

    @classmethod
    def _from_content(cls, content: Mapping[str, Any]) -> Self:
        created_at = content["created_at"]
        return cls(
            of=content["of"],
            page_token=content["page_token"],
            pipeline_id=UUID(content["pipeline_id"]),
            created_at=None if created_at is None else datetime.fromisoformat(created_at),
            same_moment=frozenset(map(UUID, content["same_moment"])),
        )

    @classmethod
    def after_first(cls, pipeline: Pipeline, page_token: str | None, *, of: str) -> Self:
        """Create the position after the first pipeline of a list."""
        created_at = maybe_datetime(pipeline.created_at)
        return cls(of=of, page_token=page_token, pipeline_id=pipeline.id, created_at=created_at)

    def after(self, pipeline: Pipeline, page_token: str | None) -> Self:
        """Create the position after the next pipeline."""
        created_at = maybe_datetime(pipeline.created_at) or self.created_at
        is_same_moment = self.created_at == created_at
        return attrs.evolve(
            self,
            page_token=page_token,
            pipeline_id=pipeline.id,
            created_at=created_at,
            same_moment=self.same_moment | {self.pipeline_id} if is_same_moment else frozenset(),
        )

    def can_resume_on(self, page: Sequence[Pipeline]) -> bool:
        """Return whether the page begins before this position, so that reading from its start misses nothing."""
        return any(pipeline.id == self.pipeline_id or not self._precedes(pipeline) for pipeline in page)

    def rest_of(self, page: Sequence[Pipeline]) -> Sequence[Pipeline] | None:
        """Return the pipelines of a page after this position; None when the position is on a later page."""
        for index, pipeline in enumerate(page):
            if pipeline.id == self.pipeline_id:
                return page[index + 1 :]
        # The pipeline is not on this page. If the page has older ones, the pipeline was deleted; otherwise newer
        # pipelines have pushed it to a later page.
        if any(map(self._is_certainly_older, page)):
            return [pipeline for pipeline in page if self._precedes(pipeline)]
        return None

    def _precedes(self, pipeline: Pipeline) -> bool:
        created_at = maybe_datetime(pipeline.created_at)
        if created_at is None or self.created_at is None or created_at == self.created_at:
            return pipeline.id not in self.same_moment
        return created_at < self.created_at

    def _is_certainly_older(self, pipeline: Pipeline) -> bool:
        created_at = maybe_datetime(pipeline.created_at)
        return created_at is not None and self.created_at is not None and created_at < self.created_at


OnPage: TypeAlias = "Callable[[Sequence[Pipeline]], None]"
"""Called with the pipelines of each page, also with those outside of the date range."""

# Pipelines that are created during the crawl shift others to the next page, which then repeats them. No more than this
# many are expected to be created between two pages.
_REMEMBERED_PIPELINES: Final = 1_000


@attrs.frozen(kw_only=True)
class PipelineList:
    """A list of pipelines at CircleCI.

    Attributes:
        name: Identifies the list in cursors.
        paginate: Creates a paginator that begins at a page token.
    """

    name: str
    paginate: Callable[[str | None], Paginator[Pipeline]]


def project_pipelines(
    circleci: Namespaces, project_slug: ProjectSlug | str, *, branch: str | None = None
) -> PipelineList:
    """Return the list of the pipelines of a project.

    Args:
        circleci: The client.
        project_slug: The project.
        branch: Only pipelines of this branch. Default: all.

    Raises:
        InvalidSlugError: `project_slug` is not a project slug.
    """
    slug = ProjectSlug(project_slug)
    return PipelineList(
        name=f"{slug.canonical} on branch {branch}" if branch else slug.canonical,
        paginate=lambda page_token: circleci.pipelines.list_for_project(slug, branch=branch, page_token=page_token),
    )


def _has_time_zone(_: DateRange, attribute: attrs.Attribute[datetime | None], value: datetime | None) -> None:
    if value is not None:
        require_time_zone(attribute.name, value)


@attrs.frozen(kw_only=True)
class DateRange:
    """The times of creation from `since` (inclusive) to `until` (exclusive); None leaves that end open.

    A pipeline without a valid time of creation counts as inside: one too many is better than one lost.
    """

    since: datetime | None = attrs.field(default=None, validator=_has_time_zone)
    until: datetime | None = attrs.field(default=None, validator=_has_time_zone)

    def begins_before(self, pipeline: Pipeline) -> bool:
        """Return whether older pipelines may still be in the range."""
        created_at = maybe_datetime(pipeline.created_at)
        return self.since is None or created_at is None or created_at >= self.since

    def contains(self, pipeline: Pipeline) -> bool:
        """Return whether the pipeline is in the range."""
        created_at = maybe_datetime(pipeline.created_at)
        return self.begins_before(pipeline) and (self.until is None or created_at is None or created_at < self.until)


class Listing(AsyncIterator[tuple["Pipeline", Cursor]]):
    """Iterates a list of pipelines from a cursor or from the newest, each pipeline once.

    Args:
        pipelines: The list.
        dates: The times of creation to yield. Iteration ends at the first page that leaves the range.
        cursor: The position to resume after; None to begin at the newest pipeline.
        on_page: Called with each page.
    """

    def __init__(
        self, pipelines: PipelineList, dates: DateRange, cursor: Cursor | None, *, on_page: OnPage | None = None
    ) -> None:
        self._list = pipelines
        self._on_page = on_page
        self._dates = dates
        # The position that is still to be found; None once it is found, or when there is none.
        self._resume_after = cursor
        self._position = cursor
        self._page_token = cursor.page_token if cursor else None
        self._pages: StreamIterator[Page[Pipeline]] | None = None
        self._ready: deque[tuple[Pipeline, Cursor]] = deque()
        self._recent: OrderedDict[UUID, None] = OrderedDict()
        self._ended = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> tuple[Pipeline, Cursor]:
        while not self._ready:
            if self._ended:
                raise StopAsyncIteration
            await self._read_page()
        return self._ready.popleft()

    async def aclose(self) -> None:
        """Stop requesting pages."""
        if self._pages is not None:
            await self._pages.aclose()

    async def _read_page(self) -> None:
        try:
            page = await self._next_page()
        except StopAsyncIteration:
            self._ended = True
            self._check_resumed()
            return
        page_token, self._page_token = self._page_token, page.next_page_token
        if self._on_page is not None:
            self._on_page(page.items)
        for pipeline in self._after_cursor(page.items):
            if pipeline.id in self._recent:
                continue
            self._remember(pipeline)
            self._position = self._position_after(pipeline, page_token)
            if self._dates.contains(pipeline):
                self._ready.append((pipeline, self._position))
        # The complete page is used although it leaves the range, so that a slightly unsorted list loses nothing there.
        self._ended = not all(map(self._dates.begins_before, page.items))

    async def _next_page(self) -> Page[Pipeline]:
        if self._pages is not None:
            return await anext(self._pages)
        if self._resume_after is not None and self._page_token is not None:
            page = await self._page_of(self._resume_after)
            if page is not None:
                return page
            self._page_token = None
        self._pages = self._begin()
        return await anext(self._pages)

    async def _page_of(self, cursor: Cursor) -> Page[Pipeline] | None:
        """Fetch the page of the cursor; None when the position must be searched for from the newest pipeline on.

        That is the case when the page token has expired, and when the page now begins after the position.
        """
        self._pages = self._begin()
        try:
            page = await anext(self._pages)
        except NotFoundError:
            return None
        return page if cursor.can_resume_on(page.items) else None

    def _begin(self) -> StreamIterator[Page[Pipeline]]:
        return aiter(self._list.paginate(self._page_token).prefetch().pages())

    def _after_cursor(self, page: Sequence[Pipeline]) -> Sequence[Pipeline]:
        """Return the pipelines of a page that come after the cursor."""
        if self._resume_after is None:
            return page
        rest = self._resume_after.rest_of(page)
        if rest is None:
            return ()
        self._resume_after = None
        return rest

    def _check_resumed(self) -> None:
        """Raise when the list ended before the cursor was found, although it may hold pipelines after the cursor."""
        if self._resume_after is not None and self._resume_after.created_at is None:
            msg = (
                f"The list no longer holds pipeline {self._resume_after.pipeline_id} of the cursor, and the cursor has "
                "no date to resume from: leave the cursor out to begin at the newest."
            )
            raise ConfigurationError(msg)

    def _remember(self, pipeline: Pipeline) -> None:
        self._recent[pipeline.id] = None
        if len(self._recent) > _REMEMBERED_PIPELINES:
            self._recent.popitem(last=False)

    def _position_after(self, pipeline: Pipeline, page_token: str | None) -> Cursor:
        if self._position is not None:
            return self._position.after(pipeline, page_token)
        return Cursor.after_first(pipeline, page_token, of=self._list.name)
