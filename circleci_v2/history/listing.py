"""Listing: the pipelines of a crawl from new to old, each with the cursor after it."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, Self, TypeAlias
from uuid import UUID

import attrs

from circleci_v2._validation import require_time_zone
from circleci_v2._wire.types import maybe_datetime
from circleci_v2.errors import ConfigurationError, NotFoundError
from circleci_v2.history.cursor import Cursor
from circleci_v2.pagination import Page, Paginator
from circleci_v2.streams import StreamIterator

if TYPE_CHECKING:
    from circleci_v2.models import Pipeline

__all__ = ["DateRange", "Listing", "OnPage", "PipelineList"]

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
