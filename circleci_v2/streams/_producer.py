"""The background task of a stream, and the channel from it to the tasks that read its values.

The task runs `produce`, and is cancelled from any thread once its consumer is gone. Cancelling a reader loses no value.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

from circleci_v2._lazy import LazyModule
from circleci_v2.errors import StreamError

if TYPE_CHECKING:
    import anyio
    from anyio import lowlevel
else:
    # Every client imports this module, and few iterate over streams.
    anyio = LazyModule("anyio")
    lowlevel = LazyModule("anyio.lowlevel")

__all__ = ["STREAM_CLOSED", "Channel", "Producer", "Send"]

T = TypeVar("T")


class _Batch(Generic[T]):
    """Values of one `Channel.send` that no reader has taken yet; `accepted` is set once their sender may go on."""

    __slots__ = ("accepted", "values")

    def __init__(self, values: list[T]) -> None:
        self.values = values
        self.accepted: anyio.Event | None = None

    def accept(self) -> None:
        if self.accepted is not None:
            self.accepted.set()


class Channel(Generic[T]):
    """A queue of batches with backpressure, read value by value.

    An anyio memory object stream assigns a value to a waiting reader and loses it when asyncio cancels that reader's
    task before it wakes up. This channel only wakes the reader: a value that a cancelled reader did not take stays for
    the next one.

    Args:
        buffer: How many batches may wait for a reader before `send` blocks.
    """

    def __init__(self, buffer: int) -> None:
        self._buffer = buffer
        self._batches: deque[_Batch[T]] = deque()
        self._values: deque[T] = deque()
        # Only one reader waits for a batch; the others queue here, so that each batch wakes one task and not all.
        self._lock = anyio.Lock(fast_acquire=True)
        self._reader: anyio.Event | None = None
        self._closed = False

    async def send(self, values: Iterable[T]) -> None:
        """Send a batch; block while no reader waits for it and the buffer is full.

        Args:
            values: The values of the batch. A send that is cancelled while it blocks takes them back.

        Raises:
            BrokenResourceError: The channel is closed.
        """
        await lowlevel.checkpoint()
        if self._closed:
            raise anyio.BrokenResourceError
        if self._reader is not None:
            self._values.extend(values)
            self._wake_reader()
            return
        batch = _Batch(list(values))
        self._batches.append(batch)
        if len(self._batches) > self._buffer:
            await self._wait_until_accepted(batch)

    async def receive(self) -> T:
        """Return the next value. Each value goes to one reader.

        Raises:
            EndOfStream: The channel is closed and empty.
        """
        if not self._values:
            async with self._lock:
                await self._fill()
                return self._values.popleft()
        return self._values.popleft()

    def close_send(self) -> None:
        """Reject further values; those sent before can still be read."""
        self._closed = True
        self._wake_reader()

    def close_receive(self) -> None:
        """Discard the batches that wait for a reader, release their senders and reject further values."""
        for batch in self._batches:
            batch.accept()
        self._batches.clear()
        self.close_send()

    async def _fill(self) -> None:
        while not self._values:
            await lowlevel.checkpoint()
            if self._batches:
                self._take_batch()
            elif self._closed:
                raise anyio.EndOfStream
            else:
                await self._wait_for_batch()

    def _take_batch(self) -> None:
        batch = self._batches.popleft()
        batch.accept()
        self._values += batch.values
        if 0 < self._buffer <= len(self._batches):
            # The last batch that now fits into the buffer no longer blocks its sender.
            self._batches[self._buffer - 1].accept()

    async def _wait_until_accepted(self, batch: _Batch[T]) -> None:
        batch.accepted = accepted = anyio.Event()
        try:
            await accepted.wait()
        finally:
            if not accepted.is_set():
                self._batches.remove(batch)

    async def _wait_for_batch(self) -> None:
        self._reader = reader = anyio.Event()
        try:
            await reader.wait()
        finally:
            self._reader = None

    def _wake_reader(self) -> None:
        if self._reader is not None:
            self._reader.set()
            self._reader = None


Send = Callable[[Iterable[T]], Awaitable[None]]
"""Sends values to the consumer; blocks while the consumer is behind."""

STREAM_CLOSED: Final = "This stream was closed before its end: iterate over it inside its `async with` block."


class Producer(Generic[T]):
    """The task that runs `produce`, and the channel from it to the consumer.

    The task belongs to the event loop and to no task group: its consumer may end in another task than it began in.

    Args:
        produce: Called once, with the function that sends values.
        buffer: How many sends may wait for the consumer before the next one blocks.
    """

    def __init__(self, produce: Callable[[Send[T]], Awaitable[None]], buffer: int) -> None:
        self._produce = produce
        self._channel = Channel[T](buffer)
        self._scope = anyio.CancelScope()
        self._finished = anyio.Event()
        self._error: BaseException | None = StreamError(
            "The task behind this stream was cancelled from outside, so that its end was never reached."
        )
        self._event_loop = _running_event_loop()
        self._event_loop.spawn(self._run)

    async def next(self) -> T:
        """Return the next value.

        Raises:
            StopAsyncIteration: `produce` has returned, and every value was read.
            BaseException: The error that `produce` raised, after the values sent before.
        """
        try:
            return await self._channel.receive()
        except anyio.EndOfStream:
            pass
        await self.wait()
        if self._error is not None:
            raise self._error
        raise StopAsyncIteration

    def cancel(self) -> None:
        """Cancel the task; safe to call from another thread and after its event loop has ended."""
        if not self._finished.is_set():
            self._event_loop.call_soon(self._cancel)

    async def wait(self) -> None:
        """Wait until the task has ended; not interrupted by cancellation."""
        with anyio.CancelScope(shield=True):
            await self._finished.wait()

    def _cancel(self) -> None:
        self._error = StreamError(STREAM_CLOSED)
        self._scope.cancel()
        self._channel.close_receive()

    async def _run(self) -> None:
        try:
            with self._scope:
                await self._produce(self._channel.send)
                self._error = None
        except anyio.get_cancelled_exc_class():
            raise
        except StopAsyncIteration as error:
            # Raised unchanged, it would end the consumer's loop as if the stream were complete (cf. PEP 479).
            self._error = StreamError("The tasks behind this stream raised StopAsyncIteration, which is not its end.")
            self._error.__cause__ = error
        except BaseException as error:  # noqa: BLE001 - it is raised again in the consumer's task, by `next`
            self._error = error
        finally:
            self._channel.close_send()
            self._finished.set()


class _EventLoop(Protocol):
    """The event loop that a producer was started on."""

    def spawn(self, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Start a task that belongs to no task group."""
        ...

    def call_soon(self, callback: Callable[[], None]) -> None:
        """Call `callback` on this loop: immediately when already on it, not at all when the loop has ended."""
        ...


# asyncio keeps only weak references to tasks: one that is referenced by its own channel alone would be collected
# (https://docs.python.org/3/library/asyncio-task.html#asyncio.create_task).
_TASKS: Final[set[asyncio.Task[None]]] = set()


class _AsyncioLoop:
    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()

    def spawn(self, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
        task = self._loop.create_task(run(), name="circleci_v2.streams")
        _TASKS.add(task)
        task.add_done_callback(_TASKS.discard)

    def call_soon(self, callback: Callable[[], None]) -> None:
        if self._is_running_here():
            callback()
        else:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(callback)

    def _is_running_here(self) -> bool:
        try:
            return asyncio.get_running_loop() is self._loop
        except RuntimeError:
            return False


class _TrioLoop:
    def __init__(self) -> None:
        import trio  # noqa: PLC0415 - an optional library, installed wherever it is the running event loop

        self._trio = trio
        self._token = trio.lowlevel.current_trio_token()

    def spawn(self, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._trio.lowlevel.spawn_system_task(run, name="circleci_v2.streams", context=contextvars.copy_context())

    def call_soon(self, callback: Callable[[], None]) -> None:
        if self._is_running_here():
            callback()
        else:
            with contextlib.suppress(self._trio.RunFinishedError):
                self._token.run_sync_soon(callback)

    def _is_running_here(self) -> bool:
        try:
            return self._trio.lowlevel.current_trio_token() is self._token
        except RuntimeError:
            return False


def _running_event_loop() -> _EventLoop:
    with contextlib.suppress(RuntimeError):
        if asyncio.current_task() is not None:
            return _AsyncioLoop()
    return _TrioLoop()
