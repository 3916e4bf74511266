from __future__ import annotations

import asyncio
import itertools
from itertools import chain
from uuid import UUID

import anyio
import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from circleci_v2 import pagination
from circleci_v2.errors import (
    APITimeoutError,
    CircleCIError,
    ConfigurationError,
    DecodeError,
    NotFoundError,
    PaginationError,
    RateLimitError,
)
from circleci_v2.pagination import Page, Paginator

pytestmark = pytest.mark.anyio


def not_found():
    return NotFoundError(
        "Not Found", status_code=404, method="GET", url="https://circleci.com/api/v2/pipeline", headers={}
    )


class Server:
    """A list cut into pages; its tokens are the numbers of the pages, spelled so that code cannot rely on it."""

    def __init__(self, pages, *, last=None):
        self.pages = [list(page) for page in pages]
        self.last = last
        self.asked = []
        self.failures = {}

    async def fetch(self, page_token):
        self.asked.append(page_token)
        number = 0 if page_token is None else int(page_token.removeprefix("page:"))
        if number in self.failures:
            raise self.failures.pop(number)
        following = f"page:{number + 1}" if number + 1 < len(self.pages) else self.last
        return Page(self.pages[number], following, {"total_count": sum(map(len, self.pages))})

    @property
    def items(self):
        return [item for page in self.pages for item in page]


async def everything(iterable):
    return [item async for item in iterable]


async def until_it_breaks(iterable):
    """Return the items read, and the error that ended the iteration."""
    seen = []
    try:
        async for item in iterable:
            seen.append(item)  # noqa: PERF401 - a comprehension would lose what came before the error
    except CircleCIError as error:
        return seen, error
    pytest.fail(f"ended without an error after {seen}")


def numbered(lengths):
    """Pages of these lengths, whose items are numbered through."""
    numbers = itertools.count()
    return [[next(numbers) for _ in range(length)] for length in lengths]


lists_of_pages = st.lists(st.integers(0, 4), min_size=1, max_size=12).map(numbered)


async def test_awaiting_gives_the_first_page_with_one_request():
    server = Server([[1, 2], [3]])
    page = await Paginator(server.fetch)
    assert page == Page([1, 2], "page:1", {"total_count": 3})
    assert server.asked == [None]


def test_a_page_reads_like_a_list():
    page = Page(["a", "b"])
    assert list(page) == ["a", "b"]
    assert len(page) == 2
    assert page.next_page_token is None
    assert page.additional_properties == {}


async def test_nothing_is_requested_before_something_is_read():
    server = Server([[1]])
    paginator = Paginator(server.fetch)
    paginator.pages()
    aiter(paginator)
    paginator.prefetch()
    assert server.asked == []


@given(lists_of_pages, st.sampled_from([None, ""]))
async def test_iterating_gives_every_item_of_every_page_in_order(pages, last):
    server = Server(pages, last=last)
    assert await everything(Paginator(server.fetch)) == server.items
    assert len(server.asked) == len(pages)


async def test_an_empty_page_with_a_token_is_not_the_end():
    server = Server([[], [1], [], [], [2]])
    assert await everything(Paginator(server.fetch)) == [1, 2]


async def test_every_loop_starts_afresh():
    paginator = Paginator(Server([[1, 2], [3]]).fetch)
    assert await everything(paginator) == [1, 2, 3]
    assert await everything(paginator) == [1, 2, 3]


async def test_pages_are_requested_only_when_their_items_are_needed():
    server = Server([[1, 2], [3], [4]])
    async for item in Paginator(server.fetch):
        if item == 3:
            break
    assert server.asked == [None, "page:1"]


@given(lists_of_pages)
async def test_pages_come_as_the_server_cut_them(pages):
    server = Server(pages)
    assert [page.items async for page in Paginator(server.fetch).pages()] == pages


@given(lists_of_pages, st.data())
async def test_a_list_resumed_at_a_token_gives_the_rest(pages, data):
    number = data.draw(st.integers(0, len(pages) - 1))
    server = Server(pages)
    token = f"page:{number}" if number else None
    assert await everything(Paginator(server.fetch, page_token=token)) == list(chain(*pages[number:]))


@given(lists_of_pages, st.none() | st.integers(0, 60))
@example(pages=[[0, 1], [2]], limit=0)
@example(pages=[[0, 1], [2]], limit=2)
@example(pages=[[], [0]], limit=0)
async def test_collect_returns_at_most_the_limit_and_requests_no_more_pages_than_needed(pages, limit):
    server = Server(pages)
    items = await Paginator(server.fetch).collect(limit)
    assert items == server.items[:limit]
    if limit is not None:
        needed, count = 0, 0
        while count < limit and needed < len(pages):
            count += len(pages[needed])
            needed += 1
        assert len(server.asked) == needed


async def test_a_limit_of_zero_sends_nothing():
    server = Server([[1, 2], [3]])
    assert await Paginator(server.fetch).collect(limit=0) == []
    assert await Paginator(server.fetch).collect(0) == []
    assert server.asked == []


async def test_a_negative_limit_is_rejected():
    with pytest.raises(ConfigurationError, match="limit=-1"):
        await Paginator(Server([[1]]).fetch).collect(-1)


async def test_the_first_item_is_found_after_empty_pages_and_no_more_pages_are_requested():
    server = Server([[], [], ["here"], ["not here"]])
    assert await Paginator(server.fetch).first() == "here"
    assert len(server.asked) == 3


async def test_an_empty_list_has_no_first_item():
    assert await Paginator(Server([[], []]).fetch).first() is None


async def test_an_error_on_the_first_page_is_raised_as_it_is():
    server = Server([[1]])
    server.failures[0] = failure = not_found()
    with pytest.raises(NotFoundError) as caught:
        await everything(Paginator(server.fetch))
    assert caught.value is failure


@pytest.mark.parametrize("page_token", [None, "page:1"])
async def test_an_error_on_the_first_page_of_an_iteration_has_the_token_it_began_at(page_token):
    server = Server([[1], [2]])
    server.failures = {0: not_found(), 1: not_found()}
    seen, error = await until_it_breaks(Paginator(server.fetch, page_token=page_token))
    assert (seen, error.next_page_token, error.items_seen) == ([], page_token, 0)


def rate_limited():
    return RateLimitError("later", retry_after=17.0, status_code=429, method="GET", url="https://x", headers={})


def timed_out():
    return APITimeoutError("too late", method="GET", url="https://circleci.com")


@pytest.mark.parametrize("ahead", [None, 1, 5])
@pytest.mark.parametrize("new_failure", [not_found, rate_limited, timed_out, lambda: DecodeError("not JSON")])
async def test_an_error_in_mid_list_is_that_of_the_page_with_the_token_and_the_count(new_failure, ahead):
    server = Server([[1, 2], [3], [4]])
    server.failures[2] = failure = new_failure()
    text = str(failure)
    paginator = Paginator(server.fetch)
    seen, error = await until_it_breaks(paginator if ahead is None else paginator.prefetch(ahead))
    assert seen == [1, 2, 3]
    assert error is failure
    assert (error.next_page_token, error.items_seen) == ("page:2", 3)
    assert str(error) == text
    (note,) = error.__notes__
    assert "after 3 items" in note
    assert "page_token='page:2'" in note
    assert await everything(Paginator(server.fetch, page_token=error.next_page_token)) == [4]


async def test_an_error_in_mid_list_keeps_what_its_class_promises():
    server = Server([[1, 2], [3], [4]])
    server.failures[2] = rate_limited()
    with pytest.raises(RateLimitError) as caught:
        await Paginator(server.fetch).collect()
    assert (caught.value.status_code, caught.value.retry_after, caught.value.items_seen) == (429, 17.0, 3)


def test_other_errors_have_seen_no_items():
    assert (not_found().next_page_token, not_found().items_seen) == (None, None)


async def test_foreign_errors_are_not_wrapped():
    server = Server([[1], [2]])
    server.failures[1] = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        await everything(Paginator(server.fetch))


async def test_an_iterator_that_failed_requests_the_same_page_on_the_next_read():
    server = Server([[1], [2]])
    server.failures[1] = not_found()
    items = aiter(Paginator(server.fetch))
    assert await anext(items) == 1
    with pytest.raises(NotFoundError):
        await anext(items)
    assert await everything(items) == [2]


async def test_a_list_that_ignores_the_token_raises_and_yields_its_page_once():
    asked = []

    async def fetch(page_token):
        asked.append(page_token)
        return Page([1, 2], "for ever")

    seen, error = await until_it_breaks(Paginator(fetch))
    assert seen == [1, 2]
    assert asked == [None, "for ever"]
    assert isinstance(error, PaginationError)
    assert (error.next_page_token, error.items_seen) == ("for ever", 2)
    assert "page_token='for ever'" in str(error)
    assert "2 items were seen, the rest cannot be listed" in str(error)


async def test_a_token_that_comes_a_second_time_with_other_items_raises():
    async def fetch(page_token):
        return Page([3 if page_token else 1], "for ever")

    seen, error = await until_it_breaks(Paginator(fetch))
    assert seen == [1]
    assert isinstance(error, PaginationError)
    assert "'for ever' a second time" in str(error)
    assert "1 items were seen, the rest cannot be listed" in str(error)


@attrs.define
class Named:
    """An item that has an id, and something that changes."""

    id: object
    written: int = 0


@attrs.define
class Variable:
    """An item that is identified by its name, as an environment variable of a context is."""

    variable: str
    written: int = 0


NEW_ITEM = {
    "number": lambda number, write: number,
    "text": lambda number, write: f"text {number}",
    "dict": lambda number, write: {"name": number},
    "id": lambda number, write: Named(UUID(int=number), write),
    "variable": lambda number, write: Variable(f"KEY_{number}", write),
}


class Stuck:
    """A list that answers its first page to every token, and a new token each time, because something is written to it."""

    def __init__(self, new_item, change=lambda numbers, write: numbers, count=100):
        self.new_item = new_item
        self.change = change
        self.count = count
        self.asked = 0

    async def fetch(self, page_token):
        numbers = self.change(list(range(self.count)), self.asked)
        self.asked += 1
        return Page([self.new_item(number, self.asked) for number in numbers], f"token {self.asked}")


@pytest.mark.parametrize("count", [1, 2, 100])
@pytest.mark.parametrize("kind", NEW_ITEM)
@pytest.mark.parametrize("ahead", [None, 3])
async def test_a_page_that_repeats_the_one_before_under_another_token_raises(kind, ahead, count):
    server = Stuck(NEW_ITEM[kind], count=count)
    paginator = Paginator(server.fetch)
    seen, error = await until_it_breaks(paginator if ahead is None else paginator.prefetch(ahead))
    assert len(seen) == count
    assert server.asked == 2
    assert isinstance(error, PaginationError)
    assert (error.next_page_token, error.items_seen) == ("token 1", count)
    assert f"{count} items were seen, the rest cannot be listed" in str(error)


@pytest.mark.parametrize("kind", ["id", "variable"])
@pytest.mark.parametrize(
    "change",
    [
        lambda numbers, write: [*numbers[: 100 - write], *range(1_000, 1_000 + write)],
        lambda numbers, write: numbers[write:] + list(range(100, 100 + write)),
        lambda numbers, write: numbers[::-1] if write else numbers,
    ],
    ids=["inserted", "removed", "reordered"],
)
async def test_a_write_between_two_pages_does_not_hide_that_a_page_repeats_the_one_before(kind, change):
    server = Stuck(NEW_ITEM[kind], change)
    seen, error = await until_it_breaks(Paginator(server.fetch))
    assert len(seen) == 100
    assert isinstance(error, PaginationError)


async def test_the_last_page_may_not_repeat_the_one_before_either():
    server = Server([[1, 2], [1, 2]])
    seen, error = await until_it_breaks(Paginator(server.fetch))
    assert seen == [1, 2]
    assert isinstance(error, PaginationError)


@pytest.mark.parametrize(
    "pages",
    [
        [[1, 1, 1], [1, 1, 1], [1]],
        [["a", "b", "a"], ["a", "b", "a"], ["c"]],
        [[{"name": "a"}, {"name": "a"}], [{"name": "a"}, {"name": "a"}]],
        [[], [], [1]],
        [[Named(1), Named(2), Named(3), Named(4)], [Named(3), Named(4), Named(5), Named(6)], [Named(7)]],
        [[Named(1), Named(2), Named(3), Named(4)], [Named(4)]],
        [[Named(None), Named(None)], [Named(None), Named(None)]],
        [[Named(["no", "id"])], [Named(["another"])]],
        [[1, 2], [3, 4], [1, 2]],
    ],
    ids=[
        "all alike",
        "some alike",
        "dicts alike",
        "empty",
        "shifted",
        "shifted at the end",
        "without ids",
        "odd ids",
        "not the one before",
    ],
)
async def test_pages_that_prove_no_repetition_are_all_read(pages):
    server = Server(pages)
    assert await everything(Paginator(server.fetch)) == server.items


@given(tail=st.integers(0, 30), length=st.integers(1, 30))
async def test_a_circle_of_any_length_raises_before_a_page_comes_twice(tail, length):
    async def fetch(page_token):
        number = int(page_token or 0)
        return Page([number], str(number + 1 if number + 1 < tail + length else tail))

    seen, _ = await until_it_breaks(Paginator(fetch))
    assert seen == sorted(set(seen))


@pytest.mark.parametrize(("tail", "length"), [(0, 40), (7, 11), (100, 64), (3, 1000), (257, 333)])
async def test_a_circle_longer_than_the_memory_raises_too(monkeypatch, tail, length):
    monkeypatch.setattr(pagination, "_REMEMBERED_TOKENS", 10)

    async def fetch(page_token):
        number = int(page_token or 0)
        return Page([number], str(number + 1 if number + 1 < tail + length else tail))

    seen, _ = await until_it_breaks(Paginator(fetch))
    assert len(seen) <= 4 * (tail + length)


async def test_the_memory_of_tokens_is_bounded(monkeypatch):
    monkeypatch.setattr(pagination, "_REMEMBERED_TOKENS", 10)
    detector = pagination._CycleDetector(None)
    assert all(detector.add(str(number)) for number in range(1000))
    assert len(detector._known) == len(detector._recent) == 10


@given(lists_of_pages, st.integers(1, 5))
async def test_prefetching_gives_the_same_items_and_pages(pages, ahead):
    server = Server(pages)
    prefetch = Paginator(server.fetch).prefetch(ahead)
    assert await everything(prefetch) == server.items
    async with prefetch as items:
        assert await everything(items) == server.items
    assert [page.items async for page in prefetch.pages()] == pages


@pytest.mark.parametrize("ahead", [1, 2, 5])
async def test_exactly_the_given_number_of_pages_is_requested_ahead(ahead):
    server = Server([[number] for number in range(20)])
    async with Paginator(server.fetch).prefetch(ahead) as items:
        for consumed in range(1, 5):
            await anext(items)
            await anyio.wait_all_tasks_blocked()
            assert len(server.asked) == consumed + ahead


async def test_the_next_page_is_requested_while_the_consumer_works():
    asked_for_second = anyio.Event()

    async def fetch(page_token):
        if page_token is None:
            return Page([1], "second")
        asked_for_second.set()
        return Page([2])

    seen = []
    async for item in Paginator(fetch).prefetch():
        if item == 1:
            await asked_for_second.wait()
        seen.append(item)
    assert seen == [1, 2]


class Hanging:
    """A first page, and a second that never arrives."""

    def __init__(self):
        self.under_way = anyio.Event()
        self.cancelled = anyio.Event()

    async def fetch(self, page_token):
        if page_token is None:
            return Page([1], "second")
        self.under_way.set()
        try:
            await anyio.sleep_forever()
        finally:
            self.cancelled.set()


async def test_leaving_a_prefetching_loop_cancels_the_request_in_flight():
    server = Hanging()
    async for _ in Paginator(server.fetch).prefetch():
        await server.under_way.wait()
        break
    await server.cancelled.wait()


async def test_leaving_the_block_waits_until_the_request_in_flight_has_ended():
    server = Hanging()
    async with Paginator(server.fetch).prefetch() as items:
        await anext(items)
        await server.under_way.wait()
        assert not server.cancelled.is_set()
    assert server.cancelled.is_set()


async def test_cancelling_the_consumer_cancels_the_request_in_flight():
    server = Hanging()

    async def consume():
        async for _ in Paginator(server.fetch).prefetch():
            pass

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(consume)
        await server.under_way.wait()
        tasks.cancel_scope.cancel()
    await server.cancelled.wait()


def read_slowly(iterable, read, tasks, count):
    async def work():
        async for value in iterable:
            read.append(value)
            await anyio.lowlevel.checkpoint()

    for _ in range(count):
        tasks.start_soon(work)


class SlowServer(Server):
    """A server whose responses take a moment."""

    async def fetch(self, page_token):
        await anyio.lowlevel.checkpoint()
        return await super().fetch(page_token)


@pytest.mark.parametrize("ahead", [None, 1, 2])
async def test_several_tasks_share_one_iterator_and_get_each_item_once(ahead):
    server = SlowServer([[1, 2, 3], [], [4], [5, 6]])
    paginator = Paginator(server.fetch)
    read = []
    async with anyio.create_task_group() as tasks:
        read_slowly(aiter(paginator if ahead is None else paginator.prefetch(ahead)), read, tasks, 3)
    assert sorted(read) == server.items
    assert server.asked == [None, "page:1", "page:2", "page:3"]


async def test_several_tasks_share_the_pages_and_each_is_requested_once():
    server = SlowServer([[1, 2, 3], [], [4], [5, 6]])
    read = []
    async with anyio.create_task_group() as tasks:
        read_slowly(Paginator(server.fetch).pages(), read, tasks, 3)
    assert [page.items for page in read] == server.pages
    assert server.asked == [None, "page:1", "page:2", "page:3"]


async def test_a_reader_that_waits_for_a_page_requests_it_again_when_another_reader_failed():
    server = SlowServer([[1], [2]])
    server.failures[0] = not_found()
    iterator = aiter(Paginator(server.fetch))
    ended = []

    async def read_one():
        try:
            ended.append(await anext(iterator))
        except NotFoundError:
            ended.append("not found")

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(read_one)
    assert ended == ["not found", 1, 2]


async def test_prefetching_no_page_is_rejected():
    with pytest.raises(ConfigurationError, match="pages=0"):
        Paginator(Server([[1]]).fetch).prefetch(0)


class ListThatChanges(RuleBasedStateMachine):
    """A reader on a list whose newest items come and whose items go, whose pages are cut anyhow and may fail.

    The list is read from newest to oldest, and a token names the item below which its page begins, as a server with
    cursors does. Items that exist from the beginning to the end must be read exactly once, failures and all.
    """

    @initialize(count=st.integers(0, 30))
    def begin(self, count):
        self.alive = list(range(count))
        self.lasting = set(self.alive)
        self.newest = count
        self.page_size = 3
        self.empty_pages = 0
        self.failing = False
        self.circling = False
        self.seen = []
        self.ended = False
        self.resume_at = None
        self.reader = aiter(Paginator(self.fetch))
        self.tokens = {None}
        self.runner = asyncio.Runner()

    async def fetch(self, page_token):
        assert page_token in self.tokens, "only tokens that were given out may come back"
        if self.failing:
            self.failing = False
            raise not_found()
        below = self.newest if page_token is None else int(page_token.partition("#")[0])
        left = [item for item in reversed(self.alive) if item < below]
        if self.circling and page_token is not None:
            return Page(left[: self.page_size], page_token)
        if self.empty_pages:
            self.empty_pages -= 1
            return Page([], self.token_for(below))
        items = left[: self.page_size]
        return Page(items, self.token_for(items[-1]) if len(left) > len(items) else None)

    def token_for(self, below):
        token = f"{below}#{len(self.tokens)}"
        self.tokens.add(token)
        return token

    @rule()
    def add(self):
        self.alive.append(self.newest)
        self.newest += 1

    @precondition(lambda self: self.alive)
    @rule(data=st.data())
    def remove(self, data):
        item = data.draw(st.sampled_from(self.alive))
        self.alive.remove(item)
        self.lasting.discard(item)

    @rule(size=st.integers(1, 5))
    def cut_pages_otherwise(self, size):
        self.page_size = size

    @rule(count=st.integers(1, 3))
    def answer_empty_pages(self, count):
        self.empty_pages = count

    @rule()
    def fail_once(self):
        self.failing = True

    @rule(circling=st.booleans())
    def circle(self, circling):
        self.circling = circling

    @precondition(lambda self: not self.ended)
    @rule(count=st.integers(1, 8))
    def read(self, count):
        self.runner.run(self.read_items(count))

    async def read_items(self, count):
        for _ in range(count):
            try:
                self.seen.append(await anext(self.reader))
            except StopAsyncIteration:
                self.ended = True
                return
            except (NotFoundError, PaginationError) as error:
                self.circling = self.circling and isinstance(error, NotFoundError)
                self.resume_at = error.next_page_token
                self.reader = aiter(Paginator(self.fetch, page_token=self.resume_at))

    @invariant()
    def nothing_is_read_twice(self):
        seen = getattr(self, "seen", [])
        assert seen == sorted(set(seen), reverse=True)

    def teardown(self):
        if not hasattr(self, "reader"):
            return
        self.failing = self.circling = False
        while not self.ended:
            self.read(count=8)
        self.runner.close()
        assert self.lasting <= set(self.seen)


TestListThatChanges = ListThatChanges.TestCase


def test_a_plain_loop_over_a_list_says_how_to_read_it():
    paginator = Paginator(lambda token: None)
    with pytest.raises(TypeError, match=r"use `async for`, or `await paginator\.collect"):
        list(paginator)
    assert repr(paginator) == "<Paginator: `async for` reads all items, `await` reads the first page>"
    assert "from page_token='abc'" in repr(Paginator(lambda token: None, page_token="abc"))


def test_the_repr_of_a_page_counts_its_items():
    assert repr(Page([1, 2], "abc")) == "<Page: 2 x int, next_page_token='abc'>"
    assert repr(Page([])) == "<Page: 0 x no items, next_page_token=None>"
