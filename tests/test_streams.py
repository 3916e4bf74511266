from __future__ import annotations

import asyncio
import contextvars
import gc
import itertools
import threading

import anyio
import pytest

from circleci_v2.streams import Stream

pytestmark = pytest.mark.anyio

language = contextvars.ContextVar("language", default="none")


class Recorder:
    """Produces numbers endlessly; records its start, its cancellation and the end of its cleanup."""

    def __init__(self):
        self.begun = 0
        self.made = 0
        self.under_way = anyio.Event()
        self.ended = anyio.Event()

    async def produce(self, send):
        self.begun += 1
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(anyio.sleep_forever)
                while True:
                    await send([self.made])
                    self.made += 1
                    if self.made == 3:
                        self.under_way.set()
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.lowlevel.checkpoint()
            self.ended.set()


class Silence:
    """Produces nothing, endlessly; records its cancellation."""

    def __init__(self):
        self.ended = anyio.Event()

    async def produce(self, send):
        try:
            await anyio.sleep_forever()
        finally:
            self.ended.set()


async def numbers(send):
    for number in range(5):
        await send([number])


async def test_values_arrive_in_order_in_complete_batches():
    async def produce(send):
        await send([1, 2])
        await send([])
        await send(iter("ab"))

    assert [value async for value in Stream(produce)] == [1, 2, "a", "b"]


async def test_each_loop_starts_afresh():
    stream = Stream(numbers)
    assert [number async for number in stream] == [0, 1, 2, 3, 4]
    assert [number async for number in stream] == [0, 1, 2, 3, 4]


async def test_nothing_starts_before_the_first_read():
    recorder = Recorder()
    stream = Stream(recorder.produce)
    aiter(stream)
    async with stream:
        await anyio.wait_all_tasks_blocked()
    assert recorder.begun == 0


async def test_the_end_is_reached_again_and_again():
    values = aiter(Stream(numbers))
    assert [number async for number in values] == [0, 1, 2, 3, 4]
    with pytest.raises(StopAsyncIteration):
        await anext(values)


async def test_an_error_arrives_as_it_is_after_the_values_before_it():
    failure = ValueError("broken")
    failure.__cause__ = KeyError("why")

    async def produce(send):
        await send([1])
        raise failure

    values = aiter(Stream(produce))
    assert await anext(values) == 1
    for _ in range(2):
        with pytest.raises(ValueError, match="broken") as caught:
            await anext(values)
        assert caught.value is failure
        assert isinstance(failure.__cause__, KeyError)


async def test_stop_async_iteration_inside_the_tasks_is_not_the_end():
    async def produce(send):
        await send([1])
        raise StopAsyncIteration

    values = aiter(Stream(produce))
    assert await anext(values) == 1
    for _ in range(2):
        with pytest.raises(RuntimeError, match="raised StopAsyncIteration"):
            await anext(values)


async def test_leaving_a_loop_stops_the_tasks_immediately_and_ends_them_soon():
    recorder = Recorder()
    async for number in Stream(recorder.produce, buffer=3):
        if number == 2:
            break
    made = recorder.made
    await recorder.ended.wait()
    assert recorder.made == made


async def test_an_error_in_the_loop_ends_the_tasks_although_its_traceback_is_kept():
    recorder = Recorder()
    try:
        async for _ in Stream(recorder.produce):
            raise ZeroDivisionError  # noqa: TRY301 - it stands for what goes wrong in a loop
    except ZeroDivisionError as error:
        kept = error
    await recorder.ended.wait()
    assert kept.__traceback__ is not None


async def test_an_iterator_that_only_its_pending_read_holds_is_not_lost():
    assert await anext(aiter(Stream(numbers))) == 0


async def test_cancelling_the_loop_while_it_waits_ends_the_tasks():
    silence = Silence()
    with anyio.CancelScope() as scope:

        async def consume():
            async for _ in Stream(silence.produce):
                pass

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(consume)
            await anyio.wait_all_tasks_blocked()
            scope.cancel()
    await silence.ended.wait()


async def test_a_timeout_ends_the_tasks_although_its_traceback_is_kept():
    silence = Silence()

    async def consume():
        with anyio.fail_after(0.01):
            async for _ in Stream(silence.produce):
                pass

    with pytest.raises(TimeoutError) as kept:
        await consume()
    await silence.ended.wait()
    assert kept.value.__context__ is not None


async def test_leaving_the_block_waits_for_the_last_task():
    recorder = Recorder()
    async with Stream(recorder.produce) as values:
        assert await anext(values) == 0
    assert recorder.ended.is_set()


async def test_an_error_in_the_block_passes_through_as_it_is():
    recorder = Recorder()

    async def consume():
        async with Stream(recorder.produce) as values:
            async for _ in values:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await consume()
    assert recorder.ended.is_set()


async def test_cancelling_the_block_waits_for_the_last_task():
    recorder = Recorder()
    with anyio.CancelScope() as scope:
        async with Stream(recorder.produce) as values:
            await anext(values)
            scope.cancel()
            await anyio.sleep_forever()
    assert recorder.ended.is_set()


async def test_a_block_can_be_read_on_after_its_loop_was_left():
    async with Stream(numbers) as values:
        async for number in values:
            if number == 1:
                break
        assert [number async for number in values] == [2, 3, 4]


async def test_a_read_that_timed_out_loses_nothing():
    gate = anyio.Event()

    async def produce(send):
        await send([1])
        await gate.wait()
        await send([2])

    async with Stream(produce) as values:
        assert await anext(values) == 1
        with anyio.CancelScope() as scope:
            scope.cancel()
            await anext(values)
        gate.set()
        assert await anext(values) == 2


@pytest.mark.parametrize("buffer", [0, 2])
@pytest.mark.parametrize("size", [1, 3])
async def test_several_readers_share_the_values_each_exactly_once(size, buffer):
    async def produce(send):
        for start in range(0, 30, size):
            await send(range(start, start + size))

    read = []
    ended = []

    async def work(values):
        async for value in values:
            read.append(value)
            await anyio.lowlevel.checkpoint()
        ended.append(values)

    async with Stream(produce, buffer=buffer) as values, anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(work, values)
    assert sorted(read) == list(range(30))
    assert len(ended) == 3


async def test_a_reader_that_gives_up_its_turn_leaves_it_to_the_next():
    gate = anyio.Event()
    read = []

    async def produce(send):
        await gate.wait()
        await send("ab")

    async def read_one(values, scope):
        with scope:
            read.append(await anext(values))

    scopes = [anyio.CancelScope() for _ in range(4)]
    async with Stream(produce) as values, anyio.create_task_group() as tasks:
        for scope in scopes:
            tasks.start_soon(read_one, values, scope)
            await anyio.wait_all_tasks_blocked()
        scopes[0].cancel()
        scopes[2].cancel()
        gate.set()
    assert sorted(read) == ["a", "b"]


async def test_a_cancelled_send_takes_its_values_back():
    async def produce(send):
        await send([1])
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send, [2])
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
        given_up.set()
        await send([3])

    given_up = anyio.Event()
    async with Stream(produce) as values:
        assert await anext(values) == 1
        await given_up.wait()
        assert [value async for value in values] == [3]


async def test_sends_fail_once_the_consumer_is_gone():
    refused = anyio.Event()

    async def send_for_ever(send):
        while True:
            await send([1])

    async def produce(send):
        with anyio.CancelScope(shield=True):
            with pytest.raises(anyio.BrokenResourceError):
                await send_for_ever(send)
            refused.set()

    async with Stream(produce, buffer=2) as values:
        await anext(values)
        await anyio.wait_all_tasks_blocked()
    assert refused.is_set()


async def test_a_stream_that_was_closed_says_so():
    async with Stream(numbers) as values:
        await anext(values)
    with pytest.raises(RuntimeError, match="closed before its end"):
        await anext(values)


async def test_readers_that_wait_when_a_stream_is_closed_get_an_error():
    told = []

    async def read(values):
        with pytest.raises(RuntimeError, match="closed before its end"):
            await anext(values)
        told.append(values)

    async with anyio.create_task_group() as tasks, Stream(lambda _: anyio.sleep_forever()) as values:
        tasks.start_soon(read, values)
        tasks.start_soon(read, values)
        await anyio.wait_all_tasks_blocked()
    assert told == [values, values]


async def test_one_stream_opens_one_block_at_a_time():
    stream = Stream(numbers)
    async with stream:
        with pytest.raises(RuntimeError, match="already open"):
            await stream.__aenter__()
    async with stream as values:
        assert await anext(values) == 0


async def test_a_stream_inside_an_async_generator_survives_its_early_end():
    recorder = Recorder()

    async def doubled():
        async with Stream(recorder.produce) as values:
            async for number in values:
                yield 2 * number

    generator = doubled()
    assert await anext(generator) == 0

    async def close_in_another_task():
        await generator.aclose()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(close_in_another_task)
    assert recorder.ended.is_set()


async def test_a_handle_dropped_on_another_thread_ends_the_tasks():
    recorder = Recorder()
    held = [aiter(Stream(recorder.produce))]
    await anext(held[0])
    thread = threading.Thread(target=held.clear)
    thread.start()
    thread.join()
    await recorder.ended.wait()


async def test_the_tasks_see_the_context_of_their_consumer():
    async def produce(send):
        await send([language.get()])

    language.set("Esperanto")
    assert [value async for value in Stream(produce)] == ["Esperanto"]


async def test_no_more_is_made_than_the_buffer_holds_ahead():
    recorder = Recorder()
    async with Stream(recorder.produce, buffer=3) as values:
        await anext(values)
        await anyio.wait_all_tasks_blocked()
        assert recorder.made == 1 + 3


async def test_an_exit_inside_the_tasks_reaches_the_consumer():
    async def produce(send):
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        await anext(aiter(Stream(produce)))


def test_a_task_cancelled_from_outside_is_not_the_end():
    async def consume():
        values = aiter(Stream(numbers))
        await anext(values)
        (production,) = asyncio.all_tasks() - {asyncio.current_task()}
        production.cancel()
        await anext(values)

    with pytest.raises(RuntimeError, match="cancelled from outside"):
        asyncio.run(consume())


def test_a_native_cancellation_of_the_consumer_ends_the_tasks():
    async def main():
        recorder = Recorder()

        async def consume():
            async for _ in Stream(recorder.produce):
                await asyncio.sleep(0)

        consumer = asyncio.create_task(consume())
        await recorder.under_way.wait()
        consumer.cancel()
        await asyncio.wait([consumer])
        await recorder.ended.wait()
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert asyncio.run(main()) <= set()


@pytest.mark.parametrize("readers", [1, 2])
@pytest.mark.parametrize("buffer", [0, 2])
@pytest.mark.parametrize("steps", range(8))
def test_a_native_cancellation_of_a_read_loses_nothing_at_whatever_step_it_comes(steps, buffer, readers):
    async def main():
        read = []
        ended = False
        cancelling = itertools.cycle([True, False])
        async with Stream(numbers, buffer=buffer) as values:
            while not ended:
                reads = [asyncio.create_task(anext(values)) for _ in range(readers)]
                for _ in range(steps):
                    await asyncio.sleep(0)
                if next(cancelling):
                    reads[0].cancel()
                await asyncio.wait(reads)
                done = [task for task in reads if not task.cancelled()]
                read += [task.result() for task in done if task.exception() is None]
                ended = any(isinstance(task.exception(), StopAsyncIteration) for task in done)
        return read

    assert sorted(asyncio.run(main())) == [0, 1, 2, 3, 4]


def test_a_handle_that_outlives_its_event_loop_is_dropped_without_error():
    async def main():
        values = aiter(Stream(numbers))
        await anext(values)
        return values

    values = asyncio.run(main())
    del values
    gc.collect()


def test_a_handle_of_a_closed_loop_is_dropped_without_error():
    loop = asyncio.new_event_loop()
    values = aiter(Stream(numbers))
    loop.run_until_complete(anext(values))
    loop.run_until_complete(values.aclose())
    del values
    loop.close()
    gc.collect()


async def test_a_plain_loop_over_a_stream_and_await_say_how_to_read_it():
    async def produce(send):
        await send((1,))

    stream = Stream(produce)
    with pytest.raises(TypeError, match="use `async for` instead of `for`"):
        list(stream)
    with pytest.raises(TypeError, match="use `async for` instead of `await`"):
        await stream
    assert repr(stream) == "<Stream: read it with `async for`>"
    assert [value async for value in stream] == [1]
