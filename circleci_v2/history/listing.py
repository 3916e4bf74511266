"""The pipelines of a crawl, newest first, each with the place after it."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, Self
from uuid import UUID

import attrs

from circleci_v2._validation import require_time_zone
from circleci_v2._wire.types import maybe_null
from circleci_v2.errors import ConfigurationError, NotFoundError
from circleci_v2.history.cursors import Cursor
from circleci_v2.pagination import Page, Paginator
from circleci_v2.streams import StreamIterator

if TYPE_CHECKING:
    from circleci_v2.models import Pipeline

__all__ = ["Listing", "PipelineList", "Window"]

# New pipelines can push those of one page on to the next while it is read. More than so many do not come at once.
_REMEMBERED_PIPELINES: Final = 1_000


@attrs.frozen(kw_only=True)
class PipelineList:
    """A list of pipelines at CircleCI.

    Attributes:
        name: Tells it from every other list; a cursor holds it.
        begin: Makes a paginator that begins at a page token.
    """

    name: str
    begin: Callable[[str | None], Paginator[Pipeline]]


def _has_time_zone(_: Window, attribute: attrs.Attribute[datetime | None], value: datetime | None) -> None:
    if value is not None:
        require_time_zone(attribute.name, value)


@attrs.frozen(kw_only=True)
class Window:
    """From when to when pipelines were created: `since` included, `until` not; None is open.

    A pipeline that does not say when it was created is in every window: better one too many than one lost.
    """

    since: datetime | None = attrs.field(default=None, validator=_has_time_zone)
    until: datetime | None = attrs.field(default=None, validator=_has_time_zone)

    def reaches(self, pipeline: Pipeline) -> bool:
        """Whether neither the pipeline nor, as the list goes on, an older one is before the window."""
        created_at = maybe_null(pipeline.created_at)
        return self.since is None or created_at is None or created_at >= self.since

    def holds(self, pipeline: Pipeline) -> bool:
        """Whether the pipeline is in the window."""
        created_at = maybe_null(pipeline.created_at)
        return self.reaches(pipeline) and (self.until is None or created_at is None or created_at < self.until)


class Listing(AsyncIterator[tuple["Pipeline", Cursor]]):
    """One walk through a list of pipelines, from a cursor or from the newest, each pipeline once."""

    def __init__(self, pipelines: PipelineList, window: Window, cursor: Cursor | None) -> None:
        self._list = pipelines
        self._window = window
        self._resume_behind = cursor
        self._place = cursor
        self._page_token = cursor.page_token if cursor else None
        self._pages: StreamIterator[Page[Pipeline]] | None = None
        self._waiting: deque[tuple[Pipeline, Cursor]] = deque()
        self._recent: OrderedDict[UUID, None] = OrderedDict()
        self._ended = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> tuple[Pipeline, Cursor]:
        while not self._waiting:
            if self._ended:
                raise StopAsyncIteration
            await self._read_page()
        return self._waiting.popleft()

    async def aclose(self) -> None:
        """Stop requesting pages."""
        if self._pages is not None:
            await self._pages.aclose()

    async def _read_page(self) -> None:
        try:
            page = await self._next_page()
        except StopAsyncIteration:
            self._ended = True
            self._check_found()
            return
        page_token, self._page_token = self._page_token, page.next_page_token
        for pipeline in self._unread(page.items):
            if pipeline.id in self._recent:
                continue
            self._remember(pipeline)
            self._place = self._place_behind(pipeline, page_token)
            if self._window.holds(pipeline):
                self._waiting.append((pipeline, self._place))
        # The rest of the page has been fetched anyway, so that a list in slight disorder loses nothing there.
        self._ended = not all(map(self._window.reaches, page.items))

    async def _next_page(self) -> Page[Pipeline]:
        if self._pages is not None:
            return await anext(self._pages)
        if self._resume_behind is not None and self._page_token is not None:
            page = await self._page_of(self._resume_behind)
            if page is not None:
                return page
            self._page_token = None
        self._pages = self._begin()
        return await anext(self._pages)

    async def _page_of(self, place: Cursor) -> Page[Pipeline] | None:
        """The page that a crawl is resumed on; None when it must look for its place from the newest on.

        That is when the token has expired, and when what the page holds has moved up beyond the place.
        """
        self._pages = self._begin()
        try:
            page = await anext(self._pages)
        except NotFoundError:
            return None
        return page if place.is_within(page.items) else None

    def _begin(self) -> StreamIterator[Page[Pipeline]]:
        return aiter(self._list.begin(self._page_token).prefetch().pages())

    def _unread(self, page: Sequence[Pipeline]) -> Sequence[Pipeline]:
        if self._resume_behind is None:
            return page
        rest = self._resume_behind.rest_of(page)
        if rest is None:
            return ()
        self._resume_behind = None
        return rest

    def _check_found(self) -> None:
        """Raise when the whole list was passed over, and might hold what comes behind the cursor all the same."""
        if self._resume_behind is not None and self._resume_behind.created_at is None:
            msg = (
                f"The list does not hold pipeline {self._resume_behind.pipeline_id} of the cursor any more, and no date "
                "tells what came behind it: leave the cursor out to begin at the newest."
            )
            raise ConfigurationError(msg)

    def _remember(self, pipeline: Pipeline) -> None:
        self._recent[pipeline.id] = None
        if len(self._recent) > _REMEMBERED_PIPELINES:
            self._recent.popitem(last=False)

    def _place_behind(self, pipeline: Pipeline, page_token: str | None) -> Cursor:
        if self._place is not None:
            return self._place.after(pipeline, page_token)
        return Cursor.behind_first(pipeline, page_token, of=self._list.name)
