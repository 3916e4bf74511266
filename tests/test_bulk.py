from __future__ import annotations

import asyncio
import itertools

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.progress import Progress

from circleci_v2.bulk import Outcome, map_concurrently
from circleci_v2.errors import ConfigurationError
from circleci_v2.pagination import Page, Paginator

pytestmark = pytest.mark.anyio


class Calls:
    """A function whose calls wait until the test lets them go, in the order the test likes."""

    def __init__(self):
        self.running = {}
        self.most_running = 0
        self.begun = []
        self.cancelled = []

    async def __call__(self, item):
        self.begun.append(item)
        self.running[item] = anyio.Event()
        self.most_running = max(self.most_running, len(self.running))
        try:
            await self.running[item].wait()
        except anyio.get_cancelled_exc_class():
            self.cancelled.append(item)
            raise
        finally:
            del self.running[item]
        return -item

    def finish(self, *items):
        for item in items:
            self.running[item].set()

    async def begin(self, count):
        while len(self.begun) < count:
            await anyio.lowlevel.checkpoint()


async def double(item):
    await anyio.lowlevel.checkpoint()
    return 2 * item


async def fail_on_odd(item):
    if item % 2:
        raise ValueError(item)
    return item


async def passes(times):
    for _ in range(times):
        await anyio.lowlevel.checkpoint()


@given(st.lists(st.integers(), max_size=30), st.integers(1, 8), st.booleans())
async def test_every_item_has_exactly_one_outcome(items, concurrency, ordered):
    outcomes = [outcome async for outcome in map_concurrently(double, items, concurrency=concurrency, ordered=ordered)]
    if not ordered:
        outcomes.sort(key=lambda outcome: outcome.index)
    assert [(outcome.index, outcome.item, outcome.result) for outcome in outcomes] == [
        (index, item, 2 * item) for index, item in enumerate(items)
    ]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30), st.integers(1, 8))
async def test_outcomes_in_order_are_in_order_however_long_the_calls_take(durations, concurrency):
    outcomes = map_concurrently(passes, durations, concurrency=concurrency, ordered=True)
    assert [outcome.index async for outcome in outcomes] == list(range(len(durations)))


async def test_outcomes_come_as_the_calls_finish():
    calls = Calls()
    async with map_concurrently(calls, [1, 2, 3], concurrency=3) as outcomes:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(calls.begin, 3)
            tasks.start_soon(finish_when_begun, calls, 3, [2])
            assert (await anext(outcomes)).item == 2
        calls.finish(3)
        assert (await anext(outcomes)).item == 3
        calls.finish(1)
        assert (await anext(outcomes)).result == -1
        with pytest.raises(StopAsyncIteration):
            await anext(outcomes)


async def finish_when_begun(calls, count, items):
    await calls.begin(count)
    calls.finish(*items)


async def test_no_more_calls_run_than_allowed():
    calls = Calls()
    async with anyio.create_task_group() as tasks:

        async def consume():
            async for _ in map_concurrently(calls, range(20), concurrency=4):
                pass

        tasks.start_soon(consume)
        for begun in range(4, 21):
            await calls.begin(begun)
            calls.finish(min(calls.running))
        await anyio.wait_all_tasks_blocked()
        calls.finish(*calls.running)
    assert calls.most_running == 4
    assert calls.begun == list(range(20))


@pytest.mark.parametrize(("ordered", "ahead"), [(False, 2 * 5), (True, 2 * 4 * 5)])
async def test_no_more_is_begun_than_the_consumer_can_take(ordered, ahead):
    begun = []

    async def call(item):
        begun.append(item)
        return item

    async with map_concurrently(call, itertools.count(), concurrency=5, ordered=ordered) as outcomes:
        for consumed in range(1, 40, 13):
            while (await anext(outcomes)).index + 1 < consumed:
                pass
            await anyio.wait_all_tasks_blocked()
            assert len(begun) <= consumed + ahead


async def test_only_the_window_is_begun_behind_a_slow_call():
    begun = []

    async def call(item):
        begun.append(item)
        if item == 0:
            await anyio.sleep_forever()

    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:

            async def consume():
                async for _ in map_concurrently(call, itertools.count(), concurrency=5, ordered=True):
                    pytest.fail("the first outcome cannot come")

            tasks.start_soon(consume)
            await anyio.wait_all_tasks_blocked()
            scope.cancel()
    assert len(begun) == 4 * 5


async def test_the_first_error_is_raised_as_it_is_and_cancels_the_other_calls():
    calls = Calls()

    async def call(item):
        if item == 3:
            await calls.begin(3)
            raise ValueError("three")
        return await calls(item)

    async def consume():
        async with map_concurrently(call, itertools.count(), concurrency=4) as outcomes:
            async for _ in outcomes:
                pytest.fail("no call returns")

    with pytest.raises(ValueError, match="three") as caught:
        await consume()
    assert caught.value.__notes__ == ["Raised by the call for item number 3, counted from 0."]
    assert sorted(calls.cancelled) == [0, 1, 2]
    assert not calls.running


@pytest.mark.parametrize("ordered", [False, True])
async def test_collected_errors_belong_to_their_items_and_the_other_calls_continue(ordered):
    outcomes = {
        outcome.item: outcome
        async for outcome in map_concurrently(
            fail_on_odd, range(10), concurrency=3, ordered=ordered, on_error="collect"
        )
    }
    assert sorted(outcomes) == list(range(10))
    for item, outcome in outcomes.items():
        assert isinstance(outcome.error, ValueError) is bool(item % 2)
        assert getattr(outcome.error, "__notes__", []) == []
    assert outcomes[4].result == 4
    with pytest.raises(ValueError, match="5"):
        _ = outcomes[5].result


async def wait_for_what_somebody_else_cancelled(item):
    if item == 2:
        future = asyncio.get_running_loop().create_future()
        future.cancel()
        await future
    return item


@pytest.mark.parametrize("ordered", [False, True])
def test_a_call_that_is_cancelled_from_outside_is_an_error_and_not_the_end(ordered):
    async def main():
        outcomes = map_concurrently(wait_for_what_somebody_else_cancelled, range(6), concurrency=2, ordered=ordered)
        await append_all(outcomes, [])

    with pytest.raises(RuntimeError, match="cancelled from outside") as caught:
        asyncio.run(main())
    assert isinstance(caught.value.__cause__, asyncio.CancelledError)
    assert caught.value.__notes__ == ["Raised by the call for item number 2, counted from 0."]


@pytest.mark.parametrize("ordered", [False, True])
def test_a_call_that_is_cancelled_from_outside_is_one_outcome_when_errors_are_collected(ordered):
    async def main():
        outcomes = map_concurrently(
            wait_for_what_somebody_else_cancelled, range(6), concurrency=2, ordered=ordered, on_error="collect"
        )
        return {outcome.item: outcome.error async for outcome in outcomes}

    errors = asyncio.run(main())
    assert isinstance(errors.pop(2), RuntimeError)
    assert errors == dict.fromkeys([0, 1, 3, 4, 5])


async def fail_like_an_empty_iterator(item):
    if item == 2:
        raise StopAsyncIteration
    return item


@pytest.mark.parametrize("ordered", [False, True])
async def test_a_call_that_raises_stop_async_iteration_is_an_error_and_not_the_end(ordered):
    with pytest.raises(RuntimeError, match="raised StopAsyncIteration") as caught:
        await append_all(map_concurrently(fail_like_an_empty_iterator, range(6), concurrency=2, ordered=ordered), [])
    assert isinstance(caught.value.__cause__, StopAsyncIteration)
    assert caught.value.__cause__.__notes__ == ["Raised by the call for item number 2, counted from 0."]


async def test_the_first_error_is_the_one_that_is_raised_though_it_seems_empty():
    class EmptyError(Exception):
        def __len__(self):
            return 0

    async def call(item):
        if item == 1:
            raise EmptyError
        try:
            await anyio.sleep_forever()
        finally:
            raise ValueError("second")

    with pytest.raises(EmptyError):
        await append_all(map_concurrently(call, range(2), concurrency=2), [])


async def test_a_result_of_none_is_a_result():
    (outcome,) = [outcome async for outcome in map_concurrently(passes, [0], concurrency=1)]
    assert outcome == Outcome(0, 0)
    assert outcome.result is None


async def numbers_then_failure(count):
    for number in range(count):
        yield number
    raise LookupError("no more items")


@pytest.mark.parametrize("ordered", [False, True])
async def test_an_error_of_the_items_is_raised_after_the_calls_begun_when_errors_are_collected(ordered):
    seen = []
    outcomes = map_concurrently(double, numbers_then_failure(7), concurrency=3, ordered=ordered, on_error="collect")
    with pytest.raises(LookupError, match="no more items"):
        await append_all(outcomes, seen)
    assert sorted(outcome.item for outcome in seen) == list(range(7))


async def append_all(outcomes, seen):
    async for outcome in outcomes:
        seen.append(outcome)


async def test_an_error_of_the_items_ends_everything_when_errors_are_raised():
    calls = Calls()
    with pytest.raises(LookupError, match="no more items"):
        await append_all(map_concurrently(calls, numbers_then_failure(2), concurrency=3), [])
    assert not calls.running


async def test_items_that_cannot_be_closed_do_not_hide_the_first_error():
    async def items():
        try:
            for number in itertools.count():
                yield number
        finally:
            msg = "cannot be closed"
            raise OSError(msg)

    async def call(item):
        if item == 1:
            msg = "the call failed"
            raise ValueError(msg)
        await anyio.sleep_forever()

    with pytest.raises(ValueError, match="the call failed"):
        await append_all(map_concurrently(call, items(), concurrency=2), [])


@pytest.mark.parametrize("on_error", ["raise", "collect"])
async def test_an_error_of_closing_the_items_is_raised_unchanged(on_error):
    class Items:
        def __aiter__(self):
            return self

        async def __anext__(self):
            raise StopAsyncIteration

        async def aclose(self):
            msg = "cannot be closed"
            raise OSError(msg)

    with pytest.raises(OSError, match="cannot be closed"):
        await append_all(map_concurrently(double, Items(), concurrency=2, on_error=on_error), [])


async def test_the_items_may_be_a_paginator():
    async def fetch(page_token):
        number = int(page_token or 0)
        return Page([number, number + 1], str(number + 2) if number < 8 else None)

    outcomes = map_concurrently(double, Paginator(fetch), concurrency=3, ordered=True)
    assert [outcome.result async for outcome in outcomes] == [2 * number for number in range(10)]


async def test_endless_async_items_are_taken_as_calls_begin_and_closed_when_the_loop_is_left():
    taken = []
    closed = anyio.Event()

    async def numbers():
        try:
            for number in itertools.count():
                taken.append(number)
                yield number
        finally:
            closed.set()

    async with map_concurrently(double, numbers(), concurrency=2) as outcomes:
        async for outcome in outcomes:
            if outcome.index == 20:
                break
    assert closed.is_set()
    assert len(taken) < 30


async def test_outcomes_may_be_the_items_of_another_map():
    first = map_concurrently(double, range(10), concurrency=3, ordered=True)

    async def add_one(outcome):
        return outcome.result + 1

    second = map_concurrently(add_one, first, concurrency=3, ordered=True)
    assert [outcome.result async for outcome in second] == [2 * number + 1 for number in range(10)]


async def test_leaving_a_chain_of_maps_ends_every_call_of_each():
    calls = Calls()

    async def call(item):
        return item if item == 0 else await calls(item)

    async with map_concurrently(double, map_concurrently(call, range(9), concurrency=4), concurrency=2) as outcomes:
        with pytest.raises(TypeError):
            await anext(outcomes)
    assert not calls.running


async def test_leaving_the_loop_cancels_the_calls_in_flight():
    calls = Calls()

    async def call(item):
        return item if item == 0 else await calls(item)

    async for outcome in map_concurrently(call, itertools.count(), concurrency=4):
        assert outcome.item == 0
        await calls.begin(3)
        break
    begun = list(calls.begun)
    while calls.running:
        await anyio.lowlevel.checkpoint()
    assert calls.begun == begun
    assert sorted(calls.cancelled) == begun


@pytest.mark.parametrize("length", [None, 7])
async def test_progress_counts_every_finished_call_against_the_total(length):
    told = []
    items = range(7) if length is None else iter(range(7))
    async for _ in map_concurrently(
        fail_on_odd, items, concurrency=3, on_error="collect", total=length, on_progress=lambda *now: told.append(now)
    ):
        pass
    assert told == [(finished, 7) for finished in range(1, 8)]


async def test_a_progress_bar_of_rich_shows_it_as_it_is():
    with Progress(disable=True) as progress:
        bar = progress.add_task("workflows")
        show = lambda done, total: progress.update(bar, completed=done, total=total)  # noqa: E731 - as documented
        async for _ in map_concurrently(double, range(9), concurrency=3, on_progress=show):
            pass
        assert (progress.tasks[0].completed, progress.tasks[0].total) == (9, 9)


async def test_progress_of_items_without_a_length_has_no_total():
    told = []
    outcomes = map_concurrently(double, iter([1]), concurrency=3, on_progress=lambda *now: told.append(now))
    assert len([outcome async for outcome in outcomes]) == 1
    assert told == [(1, None)]


async def test_an_error_of_the_progress_callback_is_raised_even_when_errors_are_collected():
    def burst(done, total):
        raise BufferError("progress")

    with pytest.raises(BufferError, match="progress"):
        await append_all(map_concurrently(double, [1], concurrency=1, on_error="collect", on_progress=burst), [])


@pytest.mark.parametrize(
    ("options", "message"),
    [({"concurrency": 0}, "concurrency=0"), ({"concurrency": 1, "on_error": "ignore"}, "'ignore'")],
)
async def test_invalid_options_are_rejected_before_anything_starts(options, message):
    with pytest.raises(ConfigurationError, match=message):
        map_concurrently(double, [1], **options)


@pytest.mark.parametrize("moment", range(0, 60, 3))
@pytest.mark.parametrize("ordered", [False, True])
async def test_cancelling_at_any_moment_leaves_no_call_behind(moment, ordered):
    calls = Calls()

    async def call(item):
        return item if item % 3 else await calls(item)

    async def consume():
        async with map_concurrently(call, itertools.count(), concurrency=3, ordered=ordered) as outcomes:
            async for _ in outcomes:
                await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(consume)
        for _ in range(moment):
            await anyio.lowlevel.checkpoint()
            calls.finish(*calls.running)
        tasks.cancel_scope.cancel()
    assert not calls.running
