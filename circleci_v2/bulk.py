"""One call for each of many items, so many at a time: `circleci.map`.

What bounds the memory is the concurrency and not the number of items, which may be endless: an item is taken when a
call may begin, and none begins while as many outcomes as may wait for the consumer do so.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Sized
from typing import Any, Final, Generic, Literal, Protocol, Self, TypeVar, cast

import anyio
import anyio.lowlevel
import attrs
from anyio.abc import TaskGroup

from circleci_v2._validation import require_at_least_one
from circleci_v2.errors import ConfigurationError
from circleci_v2.policies import in_bulk
from circleci_v2.streams import Send, Stream, external_cancellation_as_error

__all__ = ["OnError", "OnProgress", "Outcome", "map_concurrently"]

Item = TypeVar("Item")
Result = TypeVar("Result")
T = TypeVar("T")
Outcome_contra = TypeVar("Outcome_contra", contravariant=True)

OnError = Literal["raise", "collect"]
"""What the first failed call does: end everything, or be one outcome among others."""

OnProgress = Callable[[int, int | None], object]
"""Told how many calls have finished, and of how many: None when nobody knows."""

# While the first of the outcomes in order is late, so many times the concurrency may be ahead of it.
_WINDOW_IN_ORDER: Final = 4


@attrs.frozen
class Outcome(Generic[Item, Result]):
    """How the call for one item ended.

    Attributes:
        index: The place of the item among all, from 0.
        item: The item.
        error: What the call raised; None when it returned.
    """

    index: int
    item: Item
    _result: Result | None = None
    error: Exception | None = None

    @property
    def result(self) -> Result:
        """What the call returned.

        Raises:
            Exception: `error` itself, when the call failed.
        """
        if self.error is not None:
            raise self.error
        return cast("Result", self._result)


def map_concurrently(
    fn: Callable[[Item], Awaitable[Result]],
    items: Iterable[Item] | AsyncIterable[Item],
    *,
    concurrency: int,
    ordered: bool = False,
    on_error: OnError = "raise",
    total: int | None = None,
    on_progress: OnProgress | None = None,
) -> Stream[Outcome[Item, Result]]:
    """Call `fn` for each item, many at a time, and give the outcomes as they come.

    ::

        async for outcome in circleci.map(circleci.workflows.get, ids, concurrency=50, on_error="collect"):
            print(outcome.item, outcome.error or outcome.result.status)

    Nothing starts before the first outcome is asked for. A loop that is left early cancels every call under way; with
    ``async with circleci.map(...) as outcomes`` they have also ended when the block is left. Iterating again calls
    again.

    A method that gives a `Paginator` is a call for the first page only. For whole lists pass
    ``lambda id: circleci.pipelines.list_workflows(id).collect()``.

    Args:
        fn: An async function of one item.
        items: What to call it with: any iterable or async iterable, also an endless one, also a `Paginator`. An async
            generator is closed when the loop is left.
        concurrency: How many calls may run at a time, at least 1. The client's own limit holds besides.
        ordered: Give the outcomes in the order of the items, and not as they finish. At most four times the
            concurrency then waits behind a call that takes long. Default: False.
        on_error: ``"raise"``: the first error of a call cancels the others and is raised. ``"collect"``: it is the
            `Outcome.error` of its item, and the rest goes on. A call that ends cancelled though nobody left the loop,
            since what it waited for was cancelled, has failed with a RuntimeError. An error of `items` itself is always
            raised; with ``"collect"`` after the outcomes of the items before it. Default: ``"raise"``.
        total: How many items there are, for `on_progress`. Default: their length, when they have one.
        on_progress: Called as ``on_progress(finished, total)`` after each call, failed ones included. With rich:
            ``lambda done, total: progress.update(task, completed=done, total=total)``; with tqdm:
            ``lambda done, total: bar.update(done - bar.n)``.

    Raises:
        ConfigurationError: `concurrency` is below 1, or `on_error` is neither.
    """
    require_at_least_one("concurrency", concurrency, "call")
    if on_error not in {"raise", "collect"}:
        msg = f"on_error={on_error!r}: pass 'raise' to end at the first error, or 'collect' to get it as an outcome."
        raise ConfigurationError(msg)
    if total is None and isinstance(items, Sized):
        total = len(items)

    async def produce(send: Send[Outcome[Item, Result]]) -> None:
        delivery = _InOrder(send, concurrency) if ordered else _AsTheyFinish(send, concurrency)
        with in_bulk():
            await _Run(fn, on_error, total, on_progress, delivery).over(items)

    # In order, outcomes already have a window to wait in.
    return Stream(produce, buffer=0 if ordered else concurrency)


class _Run(Generic[Item, Result]):
    """The calls of one iteration."""

    def __init__(
        self,
        fn: Callable[[Item], Awaitable[Result]],
        on_error: OnError,
        total: int | None,
        on_progress: OnProgress | None,
        delivery: _Delivery[Outcome[Item, Result]],
    ) -> None:
        self._fn = fn
        self._on_error = on_error
        self._total = total
        self._on_progress = on_progress
        self._delivery = delivery
        self._finished = 0
        self._failure: Exception | None = None

    async def over(self, items: Iterable[Item] | AsyncIterable[Item]) -> None:
        source = aiter(items) if isinstance(items, AsyncIterable) else _Asynchronous(items)
        async with anyio.create_task_group() as tasks:
            try:
                await self._start_calls(source, tasks)
            except Exception as error:  # noqa: BLE001 - it is raised below, outside of the task group
                self._fail(error, tasks, cancel=self._on_error == "raise")
        if self._failure is not None:
            raise self._failure

    async def _start_calls(self, source: AsyncIterator[Item], tasks: TaskGroup) -> None:
        index = 0
        try:
            await self._delivery.reserve()
            async for item in source:
                tasks.start_soon(self._call, index, item, tasks)
                index += 1
                await self._delivery.reserve()
        finally:
            await _close(source)

    async def _call(self, index: int, item: Item, tasks: TaskGroup) -> None:
        try:
            # A task that was cancelled before it began still runs up to its first wait, and must not begin the call.
            await anyio.lowlevel.checkpoint_if_cancelled()
            await self._delivery.deliver(index, await self._outcome_of(index, item))
        except Exception as error:  # noqa: BLE001 - it is raised by `over`, outside of the task group
            self._fail(error, tasks, cancel=True)

    async def _outcome_of(self, index: int, item: Item) -> Outcome[Item, Result]:
        try:
            with external_cancellation_as_error():
                outcome = Outcome[Item, Result](index, item, await self._fn(item))
        except Exception as error:
            if self._on_error == "raise":
                error.add_note(f"Raised by the call for item number {index}, counted from 0.")
                raise
            outcome = Outcome[Item, Result](index, item, error=error)
        self._finished += 1
        if self._on_progress is not None:
            self._on_progress(self._finished, self._total)
        return outcome

    def _fail(self, error: Exception, tasks: TaskGroup, *, cancel: bool) -> None:
        if self._failure is None:
            self._failure = error
        if cancel:
            tasks.cancel_scope.cancel()


class _Delivery(Protocol[Outcome_contra]):
    """When the next call may begin, and when an outcome goes to the consumer."""

    async def reserve(self) -> None:
        """Wait until another call may begin."""
        ...

    async def deliver(self, index: int, outcome: Outcome_contra) -> None:
        """Hand an outcome over, now or when it is its turn."""
        ...


class _AsTheyFinish(Generic[T]):
    """Each call keeps its place until its outcome may wait for the consumer, or the consumer has it."""

    def __init__(self, send: Send[T], concurrency: int) -> None:
        self._send = send
        self._places = anyio.Semaphore(concurrency)

    async def reserve(self) -> None:
        await self._places.acquire()

    async def deliver(self, index: int, outcome: T) -> None:  # noqa: ARG002 - the order is that of the calls
        await self._send((outcome,))
        self._places.release()


class _InOrder(Generic[T]):
    """Each call gives up its place when it ends, and its outcome waits for its turn within a window."""

    def __init__(self, send: Send[T], concurrency: int) -> None:
        self._send = send
        self._places = anyio.Semaphore(concurrency)
        self._window = anyio.Semaphore(concurrency * _WINDOW_IN_ORDER)
        self._waiting: dict[int, T] = {}
        self._next = 0
        self._sending = False

    async def reserve(self) -> None:
        await self._window.acquire()
        await self._places.acquire()

    async def deliver(self, index: int, outcome: T) -> None:
        self._places.release()
        self._waiting[index] = outcome
        if self._sending:
            return
        self._sending = True
        while batch := self._take_turn():
            await self._send(batch)
            for _ in batch:
                self._window.release()
        self._sending = False

    def _take_turn(self) -> list[T]:
        batch: list[T] = []
        while self._next in self._waiting:
            batch.append(self._waiting.pop(self._next))
            self._next += 1
        return batch


class _Asynchronous(AsyncIterator[T]):
    """The items of a plain iterable."""

    def __init__(self, items: Iterable[T]) -> None:
        self._items = iter(items)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        for item in self._items:
            return item
        raise StopAsyncIteration


async def _close(source: AsyncIterator[Any]) -> None:
    # An async generator, or another stream, that is left before its end: nobody else can close it.
    if (close := getattr(source, "aclose", None)) is not None:
        await close()
