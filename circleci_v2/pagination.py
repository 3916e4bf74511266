"""Page and Paginator: the lists of CircleCI's API, which arrive a page at a time.

A paginator is built on one function from a page token to a page; it does no I/O itself. Page tokens are opaque. A list
ends at the first page without a token (null, absent or empty): an empty page that has one is not the end.

Some lists of CircleCI send a token and do not read it: they send their first page again, for ever. So tokens and
items are compared, and a list that does not advance ends in a `PaginationError`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, Final, Generic, NoReturn, Protocol, Self, TypeVar, runtime_checkable
from uuid import UUID

import attrs

from circleci_v2._lazy import LazyModule
from circleci_v2.errors import ArgumentTypeError, CircleCIError, ConfigurationError, PaginationError
from circleci_v2.streams import Send, Stream

if TYPE_CHECKING:
    import anyio
else:
    anyio = LazyModule("anyio")

__all__ = ["FetchPage", "Page", "Paginator", "Prefetch"]

T = TypeVar("T")


@runtime_checkable
class _HasDict(Protocol):
    """A model; models are defined in a higher layer."""

    def to_dict(self) -> dict[str, Any]: ...


@attrs.frozen(repr=False)
class Page(Generic[T]):
    """One page of a list, usually 20 items.

    Attributes:
        items: The items, in CircleCI's order.
        next_page_token: The token of the next page; None on the last page.
        additional_properties: The other fields of the response body, for example ``total_count``.
    """

    items: list[T]
    next_page_token: str | None = None
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any])

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def to_dict(self) -> dict[str, Any]:
        """Return the page as JSON, as CircleCI sends it: ``items``, ``next_page_token`` and the other fields."""
        items: list[Any] = [item.to_dict() if isinstance(item, _HasDict) else item for item in self.items]
        return {**self.additional_properties, "items": items, "next_page_token": self.next_page_token}

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> dict[str, Any]:
        # As in `_wire.model`.
        written = {"type": "function-plain", "function": cls.to_dict, "return_schema": {"type": "dict"}}
        return {"type": "is-instance", "cls": cls, "serialization": written}

    def __repr__(self) -> str:
        kind = type(self.items[0]).__name__ if self.items else "no items"
        return f"<Page: {len(self.items)} x {kind}, next_page_token={self.next_page_token!r}>"


FetchPage = Callable[[str | None], Awaitable[Page[T]]]
"""Fetches the page of a token; None stands for the first page."""


class Paginator(Generic[T]):
    """A list of the API: await it for the first page, iterate it for every item.

    ::

        page = await circleci.pipelines.list_for_project("gh/acme/web")  # one request
        async for pipeline in circleci.pipelines.list_for_project("gh/acme/web"):  # a request per page
            ...

    Creating a paginator sends no request, and each `async for` starts from the beginning. A page is requested when its
    first item is needed; `prefetch` requests pages ahead. A loop may be left at any point, it holds nothing open.
    Several tasks may share one iterator: each item goes to one of them.

    A list is never cut short silently. The error of a page is raised as it is, on a later page as on the first, with the
    token to resume from as `next_page_token` and the number of items before it as `items_seen`. A list whose pages lead
    nowhere raises `PaginationError`, which has both, too.

    Args:
        fetch: Fetches the page of a token.
        page_token: Where to begin: the `next_page_token` of an earlier page. Default: at the first page.
    """

    def __init__(self, fetch: FetchPage[T], *, page_token: str | None = None) -> None:
        self._fetch = fetch
        self._page_token = page_token or None

    def __await__(self) -> Generator[Any, Any, Page[T]]:
        return self._fetch(self._page_token).__await__()

    def __aiter__(self) -> AsyncIterator[T]:
        return _ItemIterator(_PageIterator(self._fetch, self._page_token))

    def __repr__(self) -> str:
        start = f" from page_token={self._page_token!r}" if self._page_token else ""
        return f"<Paginator{start}: `async for` reads all items, `await` reads the first page>"

    if not TYPE_CHECKING:  # type checkers report a plain loop without it

        def __iter__(self) -> NoReturn:
            msg = "a list of CircleCI is read from the network: use `async for`, or `await paginator.collect()`"
            raise ArgumentTypeError(msg)

    def pages(self) -> AsyncIterator[Page[T]]:
        """Iterate the pages instead of the items, for example to save each `Page.next_page_token`.

        Raises:
            PaginationError: While iterating: a page repeats the one before, or its token leads back.
        """
        return _PageIterator(self._fetch, self._page_token)

    async def collect(self, limit: int | None = None) -> list[T]:
        """Fetch the items into a list.

        An error on a later page loses the items before it; iterate instead where those must be kept.

        Args:
            limit: The maximum number of items; no page after the one that reaches it is requested. Default: all.

        Raises:
            ConfigurationError: The limit is negative.
            PaginationError: A page repeats the one before, or its token leads back.
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
        """Fetch the first item, or None when the list is empty. Empty pages before it are skipped."""
        async for item in self:
            return item
        return None

    def prefetch(self, pages: int = 1) -> Prefetch[T]:
        """Iterate the items while the next pages are requested in the background.

        Args:
            pages: How many pages may be ready or in flight ahead of the one being consumed. Default: 1.

        Raises:
            ConfigurationError: `pages` is below 1.
        """
        return Prefetch(self, pages=pages)


class Prefetch(Stream[T]):
    """The items of a list whose pages are requested ahead of the consumer; see `Paginator.prefetch`.

    Iterate it like the paginator. Leaving the loop early cancels the request in flight; ``async with`` also waits until
    it has ended::

        async with circleci.pipelines.list_for_project("gh/acme/web").prefetch() as pipelines:
            async for pipeline in pipelines:
                ...

    Args:
        paginator: The list.
        pages: How many pages may be ready or in flight ahead of the one being consumed. Default: 1.

    Raises:
        ConfigurationError: `pages` is below 1.
    """

    def __init__(self, paginator: Paginator[T], *, pages: int = 1) -> None:
        if pages < 1:
            msg = f"pages={pages}: at least 1 page must be requested ahead; iterate the paginator itself for none."
            raise ConfigurationError(msg)
        self._paginator = paginator
        # The page whose send blocks is the first one ahead, so the buffer holds one less.
        super().__init__(self._send_items, buffer=pages - 1)

    def pages(self) -> Stream[Page[T]]:
        """Iterate the pages instead of the items, as `Paginator.pages` does, requested equally far ahead."""
        return Stream(self._send_pages, buffer=self._buffer)

    async def _send_items(self, send: Send[T]) -> None:
        async for page in self._paginator.pages():
            if page.items:
                await send(page.items)

    async def _send_pages(self, send: Send[Page[T]]) -> None:
        async for page in self._paginator.pages():
            await send((page,))


# Both iterators are classes and not async generators: a generator left early has to be closed, and trio warns when it
# is garbage-collected instead (https://trio.readthedocs.io/en/stable/reference-core.html#async-generators).


class _PageIterator(AsyncIterator[Page[T]]):
    """One iteration over the pages of a list."""

    def __init__(self, fetch: FetchPage[T], page_token: str | None) -> None:
        self._fetch = fetch
        self._page_token = page_token
        self._cycle_detector = _CycleDetector(page_token)
        self._previous: Page[T] | None = None
        self._items_seen = 0
        self._ended = False
        # Pages are fetched one after the other: each holds the token of the next.
        self._lock = anyio.Lock(fast_acquire=True)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Page[T]:
        async with self._lock:
            return await self.advance()

    async def advance(self) -> Page[T]:
        """Fetch the next page, for a caller that does so in one task at a time."""
        if self._ended:
            raise StopAsyncIteration
        page = await self._fetch_next()
        self._check_progress(page)
        self._page_token = page.next_page_token
        self._ended = not page.next_page_token
        self._previous = page
        self._items_seen += len(page.items)
        return page

    async def _fetch_next(self) -> Page[T]:
        try:
            return await self._fetch(self._page_token)
        except CircleCIError as error:
            error.next_page_token, error.items_seen = self._page_token, self._items_seen
            if self._previous is not None:
                error.add_note(
                    f"The list broke off after {self._items_seen} items: resume with page_token={self._page_token!r}. "
                    "If that is a 404, the token has expired: start again."
                )
            raise

    def _check_progress(self, page: Page[T]) -> None:
        if self._previous is not None and _is_repetition(page.items, self._previous.items):
            problem = f"CircleCI returned the same page again for page_token={self._page_token!r}"
        elif page.next_page_token and not self._cycle_detector.add(page.next_page_token):
            problem = f"CircleCI returned page token {page.next_page_token!r} a second time, the list would never end"
        else:
            return
        msg = f"{problem}: {self._items_seen} items were seen, the rest cannot be listed. Await the paginator for one page."
        raise PaginationError(msg, next_page_token=self._page_token, items_seen=self._items_seen)


class _ItemIterator(AsyncIterator[T]):
    """One iteration over the items of a list."""

    def __init__(self, pages: _PageIterator[T]) -> None:
        self._pages = pages
        self._items: deque[T] = deque()
        # One task at a time fetches a page; the others must not see the end while items of the last page are left.
        self._lock = anyio.Lock(fast_acquire=True)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        if not self._items:
            async with self._lock:
                while not self._items:
                    self._items += await self._pages.advance()
                return self._items.popleft()
        return self._items.popleft()


# The share of its items that a page has in common with the one before if it is that page again, and something was written
# in between. Measured: the variables of a context come 100 a page, without a working token. On a list by position, on the
# other hand, new items shift the pages, and nearly a full page of them would have to come between two requests.
_REPEATED_SHARE: Final = 0.9
_IDENTIFIERS: Final = ("id", "variable")
"""The fields that identify an item; a variable of a context has no id."""


def _is_repetition(items: Sequence[Any], before: Sequence[Any]) -> bool:
    """Whether the items of a page are those of the page before."""
    if not items or not before:
        return False
    keys, keys_before = _keys(items), _keys(before)
    if keys and keys_before:
        return len(keys & keys_before) >= _REPEATED_SHARE * max(len(items), len(before))
    # Items without an identifier may be alike: a job can report the same test a thousand times.
    return items == before and not any(item in items[:index] for index, item in enumerate(items))


def _keys(items: Sequence[Any]) -> AbstractSet[object]:
    """The identifiers of the items; empty if one of them has none, or none that can be compared."""
    found = [next((key for name in _IDENTIFIERS if (key := getattr(item, name, None))), None) for item in items]
    return set(found) if all(isinstance(key, UUID | str | int) for key in found) else set()


_REMEMBERED_TOKENS: Final = 10_000


class _CycleDetector:
    """Detects in bounded memory when the page tokens of an iteration lead in a circle.

    It remembers the last 10,000 tokens, so that a cycle of up to that many pages is noticed before any page is
    repeated. Longer cycles are found by Brent's algorithm: one token is kept as a mark and moved after 1, 2, 4, 8 ...
    pages; the iteration comes back to the mark once the mark lies on the cycle and stays for a complete round.
    """

    def __init__(self, page_token: str | None) -> None:
        self._recent: deque[str] = deque()
        self._known: set[str] = set()
        self._mark: str | None = None
        self._steps = 0
        self._stride: int = 1
        if page_token is not None:
            self.add(page_token)

    def add(self, page_token: str) -> bool:
        """Add a token; return False when it was seen before."""
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
