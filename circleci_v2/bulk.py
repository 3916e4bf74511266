"""Bounded fan-out: call a function for each of many items, a limited number at a time (`circleci.map`).

Memory is bounded by the concurrency and not by the number of items, which may be endless: an item is taken only when
its call may begin, and no call begins while the maximum number of outcomes waits for the consumer.
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
"""Whether the first failed call ends the iteration, or is one outcome among others."""

OnProgress = Callable[[int, int | None], object]
"""Called with the number of finished calls and their total, None when that is unknown."""

# While the next outcome in order is late, outcomes up to this multiple of the concurrency may be ahead of it. A larger
# window stalls less behind a slow call and holds more outcomes in memory.
_ORDERED_WINDOW: Final = 4


@attrs.frozen
class Outcome(Generic[Item, Result]):
    """The result or the error of the call for one item.

    Attributes:
        index: The position of the item among all, from 0.
        item: The item.
        error: The error that the call raised; None when it returned.
    """

    index: int
    item: Item
    _result: Result | None = None
    error: Exception | None = None

    @property
    def result(self) -> Result:
        """The return value of the call.

        Raises:
            Exception: `error`, when the call failed.
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
    """Call `fn` for each item, a limited number at a time, and yield the outcomes as they finish.

    ::

        async for outcome in circleci.map(circleci.workflows.get, ids, concurrency=50, on_error="collect"):
            print(outcome.item, outcome.error or outcome.result.status)

    No call starts before the first outcome is read. Leaving the loop early cancels every call in flight; with
    ``async with circleci.map(...) as outcomes`` they have also ended at the end of the block. Iterating again repeats the
    calls.

    A method that returns a `Paginator` fetches the first page only. For complete lists pass
    ``lambda id: circleci.pipelines.list_workflows(id).collect()``.

    Args:
        fn: An async function of one item.
        items: The items: any iterable or async iterable, also an endless one, also a `Paginator`. An async generator is
            closed when the loop is left.
        concurrency: The maximum number of concurrent calls, at least 1; the client's own limit applies as well.
        ordered: Yield the outcomes in the order of the items instead of as they finish. At most four times the
            concurrency then waits behind a slow call. Default: False.
        on_error: ``"raise"``: the first error of a call cancels the other calls and is raised. ``"collect"``: it becomes
            the `Outcome.error` of its item, and the other calls continue. A call that is cancelled although the loop was
            not left, because something that it awaited was cancelled, fails with a `StreamError`. An error of `items`
            itself is always raised; with ``"collect"`` after the outcomes of the items before it. Default: ``"raise"``.
        total: The number of items, for `on_progress`. Default: their length, if they have one.
        on_progress: Called as ``on_progress(finished, total)`` after each call, also after one that failed. With rich:
            ``lambda done, total: progress.update(task, completed=done, total=total)``; with tqdm:
            ``lambda done, total: bar.update(done - bar.n)``.

    Raises:
        ConfigurationError: `concurrency` is below 1, or `on_error` is invalid.
    """
    require_at_least_one("concurrency", concurrency, "call")
    if on_error not in {"raise", "collect"}:
        msg = f"on_error={on_error!r}: pass 'raise' to end at the first error, or 'collect' to get it as an outcome."
        raise ConfigurationError(msg)
    if total is None and isinstance(items, Sized):
        total = len(items)

    async def produce(send: Send[Outcome[Item, Result]]) -> None:
        delivery = _OrderedDelivery(send, concurrency) if ordered else _UnorderedDelivery(send, concurrency)
        with in_bulk():
            await _FanOut(fn, on_error, total, on_progress, delivery).run(items)

    # Ordered outcomes need no buffer: they wait in the window of their delivery.
    return Stream(produce, buffer=0 if ordered else concurrency)


class _FanOut(Generic[Item, Result]):
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
        self._error: Exception | None = None

    async def run(self, items: Iterable[Item] | AsyncIterable[Item]) -> None:
        source = aiter(items) if isinstance(items, AsyncIterable) else _AsyncItems(items)
        async with anyio.create_task_group() as tasks:
            try:
                await self._start_calls(source, tasks)
            except Exception as error:  # noqa: BLE001 - it is raised below, outside of the task group
                self._fail(error, tasks, cancel=self._on_error == "raise")
        if self._error is not None:
            raise self._error

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
            # A task cancelled before its start still runs up to its first checkpoint, and must not begin the call.
            await anyio.lowlevel.checkpoint_if_cancelled()
            await self._delivery.deliver(index, await self._outcome_of(index, item))
        except Exception as error:  # noqa: BLE001 - it is raised by `run`, outside of the task group
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
        if self._error is None:
            self._error = error
        if cancel:
            tasks.cancel_scope.cancel()


class _Delivery(Protocol[Outcome_contra]):
    """Decides when the next call may begin, and when an outcome is sent to the consumer."""

    async def reserve(self) -> None:
        """Wait until another call may begin."""
        ...

    async def deliver(self, index: int, outcome: Outcome_contra) -> None:
        """Send an outcome, immediately or when it is its turn."""
        ...


class _UnorderedDelivery(Generic[T]):
    """Each call holds its slot until its outcome is in the buffer or with the consumer."""

    def __init__(self, send: Send[T], concurrency: int) -> None:
        self._send = send
        self._semaphore = anyio.Semaphore(concurrency)

    async def reserve(self) -> None:
        await self._semaphore.acquire()

    async def deliver(self, index: int, outcome: T) -> None:  # noqa: ARG002 - the order is that of the calls
        await self._send((outcome,))
        self._semaphore.release()


class _OrderedDelivery(Generic[T]):
    """Each call releases its slot when it ends, and its outcome waits for its turn within a window."""

    def __init__(self, send: Send[T], concurrency: int) -> None:
        self._send = send
        self._semaphore = anyio.Semaphore(concurrency)
        self._window = anyio.Semaphore(concurrency * _ORDERED_WINDOW)
        self._finished: dict[int, T] = {}
        self._next_index = 0
        self._sending = False

    async def reserve(self) -> None:
        await self._window.acquire()
        await self._semaphore.acquire()

    async def deliver(self, index: int, outcome: T) -> None:
        self._semaphore.release()
        self._finished[index] = outcome
        if self._sending:
            return
        self._sending = True
        while batch := self._take_next():
            await self._send(batch)
            for _ in batch:
                self._window.release()
        self._sending = False

    def _take_next(self) -> list[T]:
        batch: list[T] = []
        while self._next_index in self._finished:
            batch.append(self._finished.pop(self._next_index))
            self._next_index += 1
        return batch


class _AsyncItems(AsyncIterator[T]):
    """The items of a plain iterable, as an async iterator."""

    def __init__(self, items: Iterable[T]) -> None:
        self._items = iter(items)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        for item in self._items:
            return item
        raise StopAsyncIteration


async def _close(source: AsyncIterator[Any]) -> None:
    # An async generator or stream that was not exhausted; it was obtained by `_FanOut.run`, so nothing else closes it.
    if (close := getattr(source, "aclose", None)) is not None:
        await close()
