"""Page and Paginator: lists that CircleCI answers a page at a time.

Nothing here does I/O or knows how a page is asked for: a paginator is built on one function from page token to page.
Page tokens are opaque. A list ends where a page has no token, and nowhere else: an empty page with a token is not the
end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from typing import Any, Final, Generic, Self, TypeVar

import attrs

from circleci_v2.errors import CircleCIError, ConfigurationError, PaginationError
from circleci_v2.streams import Send, Stream
from circleci_v2.streams._channel import Turns

__all__ = ["FetchPage", "Page", "Paginator", "Prefetch"]

T = TypeVar("T")


@attrs.frozen
class Page(Generic[T]):
    """One page of a list, as CircleCI cut it; usually 20 items.

    Attributes:
        items: The items, in CircleCI's order.
        next_page_token: Where the next page begins; None on the last page.
        additional_properties: What else the answer held beside the items, for example ``total_count``.
    """

    items: list[T]
    next_page_token: str | None = None
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any])

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


FetchPage = Callable[[str | None], Awaitable[Page[T]]]
"""Gets the page that begins at a token; None gets the first page."""


class Paginator(Generic[T]):
    """A list of CircleCI's: await it for the first page, iterate it for every item.

    ::

        page = await circleci.pipelines.list_for_project("gh/acme/web")  # one request
        async for pipeline in circleci.pipelines.list_for_project("gh/acme/web"):  # as many as it takes
            ...

    Nothing is requested before that, and each `async for` starts afresh. Pages are asked for when their first item is
    needed; `prefetch` asks for them ahead. A loop may be left at any point, it holds nothing open. Several tasks may
    share one iterator: each item goes to one of them.

    An error on the first page is raised as it is. Later ones are raised as `PaginationError`, which holds the token to
    resume from and how many items came before; nothing is ever cut short in silence.

    Args:
        fetch: Gets the page of a token.
        page_token: Where to begin: the `next_page_token` of an earlier page. Default: at the first page.
    """

    def __init__(self, fetch: FetchPage[T], *, page_token: str | None = None) -> None:
        self._fetch = fetch
        self._page_token = page_token or None

    def __await__(self) -> Generator[Any, Any, Page[T]]:
        return self._fetch(self._page_token).__await__()

    def __aiter__(self) -> AsyncIterator[T]:
        return _Items(_Pages(self._fetch, self._page_token))

    def pages(self) -> AsyncIterator[Page[T]]:
        """Every page, for those who save `Page.next_page_token` to resume from, or work on whole pages.

        Raises:
            PaginationError: While iterating: a page after the first failed, or its token leads back.
        """
        return _Pages(self._fetch, self._page_token)

    async def collect(self, limit: int | None = None) -> list[T]:
        """The items as a list.

        Iterate instead when a failure in the middle must not cost what came before it.

        Args:
            limit: At most so many items; no page beyond the one that reaches it is requested. Default: all.

        Raises:
            ConfigurationError: The limit is negative.
            PaginationError: A page after the first failed, or its token leads back.
        """
        if limit is not None and limit < 0:
            msg = f"limit={limit} is negative: pass the number of items wanted, or None for all."
            raise ConfigurationError(msg)
        items: list[T] = []
        if limit == 0:
            return items
        async for page in self.pages():
            items += page
            if limit is not None and len(items) >= limit:
                return items[:limit]
        return items

    async def first(self) -> T | None:
        """The first item, or None when the list is empty. Empty pages before it are passed over."""
        async for item in self:
            return item
        return None

    def prefetch(self, pages: int = 1) -> Prefetch[T]:
        """The same items, with the next pages requested while the consumer works.

        Args:
            pages: How many pages may be ready, or on their way, ahead of the one being consumed. Default: 1.

        Raises:
            ConfigurationError: `pages` is below 1.
        """
        return Prefetch(self, pages=pages)


class Prefetch(Stream[T]):
    """The items of a list whose pages are requested ahead of the consumer; see `Paginator.prefetch`.

    Iterate it like the paginator. A loop that is left early cancels the request under way; ``async with`` also waits
    until it is gone::

        async with circleci.pipelines.list_for_project("gh/acme/web").prefetch() as pipelines:
            async for pipeline in pipelines:
                ...

    Args:
        paginator: The list.
        pages: How many pages may be ready, or on their way, ahead of the one being consumed. Default: 1.

    Raises:
        ConfigurationError: `pages` is below 1.
    """

    def __init__(self, paginator: Paginator[T], *, pages: int = 1) -> None:
        if pages < 1:
            msg = f"pages={pages}: at least 1 page must be requested ahead; iterate the paginator itself for none."
            raise ConfigurationError(msg)
        self._paginator = paginator
        # The page that waits to be handed over is the first one ahead.
        super().__init__(self._produce_items, buffer=pages - 1)

    def pages(self) -> Stream[Page[T]]:
        """The pages instead of the items, as by `Paginator.pages`, requested equally far ahead."""
        return Stream(self._produce_pages, buffer=self._buffer)

    async def _produce_items(self, send: Send[T]) -> None:
        async for page in self._paginator.pages():
            if page.items:
                await send(page.items)

    async def _produce_pages(self, send: Send[Page[T]]) -> None:
        async for page in self._paginator.pages():
            await send((page,))


# Iterators are classes and not async generators: trio warns of a generator that is left before its end, and a class has
# nothing to be closed.


class _Pages(AsyncIterator[Page[T]]):
    """One walk from page to page."""

    def __init__(self, fetch: FetchPage[T], page_token: str | None) -> None:
        self._fetch = fetch
        self._page_token = page_token
        self._trail = _Trail(page_token)
        self._pages_seen = 0
        self._items_seen = 0
        self._ended = False
        # Where a page begins is known when the one before it is here.
        self._turns = Turns()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Page[T]:
        async with self._turns:
            return await self._advance()

    async def _advance(self) -> Page[T]:
        if self._ended:
            raise StopAsyncIteration
        page = await self._next_page()
        if page.next_page_token and not self._trail.extend(page.next_page_token):
            msg = (
                f"CircleCI answered page token {page.next_page_token!r} a second time, the list would never end. "
                "Some lists do not page although they answer a token; await the paginator to get their one page."
            )
            raise self._stuck(msg)
        self._page_token = page.next_page_token
        self._ended = not page.next_page_token
        self._pages_seen += 1
        self._items_seen += len(page.items)
        return page

    async def _next_page(self) -> Page[T]:
        try:
            return await self._fetch(self._page_token)
        except CircleCIError as error:
            if self._pages_seen == 0:
                raise
            msg = (
                f"The list broke off after {self._items_seen} items: {error} "
                f"Resume with page_token={self._page_token!r}; when that is a 404 the token has expired: start again."
            )
            raise self._stuck(msg) from error

    def _stuck(self, message: str) -> PaginationError:
        return PaginationError(message, next_page_token=self._page_token, items_seen=self._items_seen)


class _Items(AsyncIterator[T]):
    """The items of a walk, one by one."""

    def __init__(self, pages: AsyncIterator[Page[T]]) -> None:
        self._pages = pages
        self._items: deque[T] = deque()
        # Who waits for a page must not be told of the end while there are items of the last one.
        self._turns = Turns()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        if not self._items:
            async with self._turns:
                while not self._items:
                    self._items += await anext(self._pages)
                return self._items.popleft()
        return self._items.popleft()


_REMEMBERED_TOKENS: Final = 10_000


class _Trail:
    """The page tokens of one walk, to notice when it goes in a circle, in bounded memory.

    The last 10,000 tokens are remembered, so that a circle of up to that many pages is noticed before any page comes
    twice. A longer one is noticed by Brent's method: one token is kept as a mark, and moved after 1, 2, 4, 8 … pages; a
    circle of any length meets the mark once the mark lies on it for a whole turn.
    """

    def __init__(self, page_token: str | None) -> None:
        self._recent: deque[str] = deque()
        self._known: set[str] = set()
        self._mark: str | None = None
        self._steps = 0
        self._stride: int = 1
        if page_token is not None:
            self.extend(page_token)

    def extend(self, page_token: str) -> bool:
        """Add a token; False when the walk has been there before."""
        if page_token in self._known or page_token == self._mark:
            return False
        self._recent.append(page_token)
        self._known.add(page_token)
        if len(self._recent) > _REMEMBERED_TOKENS:
            self._known.discard(self._recent.popleft())
        self._steps += 1
        if self._steps == self._stride:
            self._mark = page_token
            self._steps = 0
            self._stride *= 2
        return True
