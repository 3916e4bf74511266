"""Stream: values from background tasks, read with `async for`, safe to leave at any point.

An async generator that holds a task group open across a `yield` breaks when its loop is left early: the generator is
closed later, in another task, which must not exit the group's cancel scope
(https://anyio.readthedocs.io/en/stable/cancellation.html#avoiding-cancel-scope-stack-corruption). So no task group is
held across a yield here. One background task per iteration, the `Producer`, opens and closes its task groups itself and
sends values through a channel; the consumer holds only a handle:

* ``async with stream as values`` cancels the producer at the end of the block and waits until its last task has ended.
* A bare ``async for value in stream`` cancels the producer as soon as the loop is left, by `break`, an error or
  cancellation, because the loop held the only reference to the handle. It does not wait for the tasks to end; use
  ``async with`` where that matters, for example before closing a file that they write to.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from types import TracebackType
from typing import TYPE_CHECKING, Generic, NoReturn, Self, TypeVar

from circleci_v2._lazy import LazyModule
from circleci_v2.errors import ArgumentTypeError, StreamError
from circleci_v2.streams._producer import STREAM_CLOSED, Producer, Send

if TYPE_CHECKING:
    import anyio
else:
    anyio = LazyModule("anyio")

__all__ = ["Send", "Stream", "StreamIterator", "external_cancellation_as_error"]

T = TypeVar("T")


class Stream(Generic[T]):
    """Values that background tasks produce while the consumer works. Each iteration starts from the beginning.

    Several tasks may read one iterator: each value goes to one of them. Cancelling a read loses no value.

    Args:
        produce: Produces the values: called once per iteration with a function that sends values to the consumer. It
            may open task groups; its errors are raised to the consumer after the values sent before.
        buffer: How many sends may wait for the consumer before the next one blocks. Default: 0, each send blocks until
            its values are taken.
    """

    def __init__(self, produce: Callable[[Send[T]], Awaitable[None]], *, buffer: int = 0) -> None:
        self._produce = produce
        self._buffer = buffer
        self._entered: StreamIterator[T] | None = None

    def __aiter__(self) -> StreamIterator[T]:
        return StreamIterator(self._produce, self._buffer)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: read it with `async for`>"

    if not TYPE_CHECKING:  # type checkers report a plain loop and `await` without these

        def __iter__(self) -> NoReturn:
            msg = "a stream is read from the network: use `async for` instead of `for`"
            raise ArgumentTypeError(msg)

        def __await__(self) -> NoReturn:
            msg = "a stream has many values: use `async for` instead of `await`, or [value async for value in stream]"
            raise ArgumentTypeError(msg)

    async def __aenter__(self) -> StreamIterator[T]:
        if self._entered is not None:
            msg = "This stream is already open in an `async with` block: open a second one for a second block."
            raise StreamError(msg)
        self._entered = aiter(self)
        return self._entered

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._entered is not None:
            iterator, self._entered = self._entered, None
            await iterator.aclose()


class StreamIterator(AsyncIterator[T]):
    """One iteration of a `Stream`: starts with the first read, and is cancelled when it is garbage-collected."""

    def __init__(self, produce: Callable[[Send[T]], Awaitable[None]], buffer: int) -> None:
        self._produce = produce
        self._buffer = buffer
        self._producer: Producer[T] | None = None
        self._closed = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        if self._closed:
            raise StreamError(STREAM_CLOSED)
        if self._producer is None:
            self._producer = Producer(self._produce, self._buffer)
        try:
            return await self._producer.next()
        finally:
            # The traceback of an error keeps this frame; it must not keep the handle, whose collection is the signal.
            del self

    async def aclose(self) -> None:
        """Cancel the background tasks, and wait until they have ended."""
        self._closed = True
        if self._producer is not None:
            self._producer.cancel()
            await self._producer.wait()

    def __del__(self) -> None:
        if self._producer is not None:
            self._producer.cancel()


@contextlib.contextmanager
def external_cancellation_as_error() -> Generator[None, None, None]:
    """Turn a cancellation that no surrounding cancel scope asked for into an ordinary error.

    On asyncio, awaiting a task or future that other code cancels raises `CancelledError` in the awaiting task. A task
    group takes that for its own cancellation: it ends all its tasks without an error.

    Raises:
        StreamError: The block was cancelled, but not by a scope around it.
    """
    try:
        yield
    except anyio.get_cancelled_exc_class() as error:
        if anyio.current_effective_deadline() == -math.inf:
            raise
        msg = "The call was cancelled from outside, perhaps because a task or future that it waited for was."
        raise StreamError(msg) from error
