"""Stream: values that background tasks make, read with `async for`, safe to leave at any point.

A loop that is fed by tasks has a trap. An async generator that holds a task group open across its `yield` breaks when
the loop is left early: the generator is closed later, in another task, where the group's cancel scope must not be
exited. So nothing here is held across a yield. The tasks run in one task of their own, the production, which opens and
closes its groups itself and hands values over through a channel. What the consumer holds is only a handle:

* ``async with stream as values`` cancels the production when the block is left, and waits until its last task has
  ended.
* A bare ``async for value in stream`` cancels it as soon as the loop is left, by `break`, by an error or by
  cancellation, because the loop held the only reference to the handle. It does not wait for the tasks to end; use
  ``async with`` where that matters, for example before a file they write to is closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Iterable
from types import TracebackType
from typing import Any, Final, Generic, Protocol, Self, TypeVar

import anyio

from circleci_v2.streams._channel import Channel

__all__ = ["Send", "Stream", "StreamIterator", "error_when_cancelled_from_outside"]

T = TypeVar("T")

Send = Callable[[Iterable[T]], Awaitable[None]]
"""Hands some values to the consumer; waits while the consumer is behind."""

_CLOSED: Final = "This stream was closed before its end: iterate over it inside its `async with` block."


@contextlib.contextmanager
def error_when_cancelled_from_outside() -> Generator[None, None, None]:
    """Makes an ordinary error of a cancellation that comes out of the block though no scope around it was cancelled.

    On asyncio, whoever awaits a task or a future that somebody else cancels seems to have been cancelled. A task group
    takes that for its own doing: it ends all its tasks, and says nothing.

    Raises:
        RuntimeError: The block was cancelled, but not by a scope that it is in.
    """
    try:
        yield
    except anyio.get_cancelled_exc_class() as error:
        if anyio.current_effective_deadline() == -math.inf:
            raise
        msg = "The call was cancelled from outside, perhaps because a task or future that it waited for was."
        raise RuntimeError(msg) from error


class Stream(Generic[T]):
    """Values that are made while the consumer works. Each iteration starts afresh.

    Several tasks may read one iterator: each value goes to one of them. A read that is cancelled takes none.

    Args:
        produce: Makes the values: called once per iteration with a function that hands values over. It may open task
            groups; what it raises is raised to the consumer, after the values handed over before.
        buffer: How many hand-overs may wait for the consumer before the next one blocks. Default: 0, each waits until
            it is taken.
    """

    def __init__(self, produce: Callable[[Send[T]], Awaitable[None]], *, buffer: int = 0) -> None:
        self._produce = produce
        self._buffer = buffer
        self._entered: StreamIterator[T] | None = None

    def __aiter__(self) -> StreamIterator[T]:
        return StreamIterator(self._produce, self._buffer)

    async def __aenter__(self) -> StreamIterator[T]:
        if self._entered is not None:
            msg = "This stream is already open in an `async with` block: open a second one for a second block."
            raise RuntimeError(msg)
        self._entered = aiter(self)
        return self._entered

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._entered is not None:
            iterator, self._entered = self._entered, None
            await iterator.aclose()


class StreamIterator(AsyncIterator[T]):
    """One iteration of a `Stream`: starts with the first value asked for, ends when nobody holds it any more."""

    def __init__(self, produce: Callable[[Send[T]], Awaitable[None]], buffer: int) -> None:
        self._produce = produce
        self._buffer = buffer
        self._production: _Production[T] | None = None
        self._closed = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        if self._closed:
            raise RuntimeError(_CLOSED)
        if self._production is None:
            self._production = _Production(self._produce, self._buffer)
        try:
            return await self._production.next()
        finally:
            # The traceback of an error keeps this frame, which must not keep the handle: its loss is the signal.
            del self

    async def aclose(self) -> None:
        """Cancel what still runs, and wait until it has ended."""
        self._closed = True
        if self._production is not None:
            self._production.abandon()
            await self._production.wait()

    def __del__(self) -> None:
        if self._production is not None:
            self._production.abandon()


class _Production(Generic[T]):
    """The task that runs `produce`, and the channel between it and the consumer."""

    def __init__(self, produce: Callable[[Send[T]], Awaitable[None]], buffer: int) -> None:
        self._produce = produce
        self._channel = Channel[T](buffer)
        self._scope = anyio.CancelScope()
        self._finished = anyio.Event()
        self._failure: BaseException | None = RuntimeError(
            "The task behind this stream was cancelled from outside, so that its end was never reached."
        )
        self._loop = _running_loop()
        self._loop.spawn(self._run)

    async def next(self) -> T:
        try:
            return await self._channel.receive()
        except anyio.EndOfStream:
            pass
        await self.wait()
        if self._failure is not None:
            raise self._failure
        raise StopAsyncIteration

    def abandon(self) -> None:
        if not self._finished.is_set():
            self._loop.call(self._stop)

    async def wait(self) -> None:
        with anyio.CancelScope(shield=True):
            await self._finished.wait()

    def _stop(self) -> None:
        self._failure = RuntimeError(_CLOSED)
        self._scope.cancel()
        self._channel.abandon()

    async def _run(self) -> None:
        try:
            with self._scope:
                await self._produce(self._channel.send)
                self._failure = None
        except anyio.get_cancelled_exc_class():
            raise
        except StopAsyncIteration as error:
            # As it is, the loop of the consumer would take it for the end (PEP 479 has the same for generators).
            self._failure = RuntimeError(
                "The tasks behind this stream raised StopAsyncIteration, which is not its end."
            )
            self._failure.__cause__ = error
        except BaseException as error:  # noqa: BLE001 - it is raised again, where the consumer waits
            self._failure = error
        finally:
            self._channel.end()
            self._finished.set()


class _Loop(Protocol):
    """What a production needs of the event loop that it was started on."""

    def spawn(self, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Start a task that belongs to no task group."""
        ...

    def call(self, callback: Callable[[], None]) -> None:
        """Call at once when on this loop, soon when on another thread, never when the loop is gone."""
        ...


# An event loop refers to its tasks weakly, and a task that only its consumer's channel knows could vanish while it
# waits.
_TASKS: Final[set[asyncio.Task[None]]] = set()


class _AsyncioLoop:
    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()

    def spawn(self, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
        task = self._loop.create_task(run(), name="circleci_v2.streams")
        _TASKS.add(task)
        task.add_done_callback(_TASKS.discard)

    def call(self, callback: Callable[[], None]) -> None:
        if self._is_here():
            callback()
        else:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(callback)

    def _is_here(self) -> bool:
        try:
            return asyncio.get_running_loop() is self._loop
        except RuntimeError:
            return False


class _TrioLoop:
    def __init__(self) -> None:
        import trio  # noqa: PLC0415 - only those who run on trio have it

        self._trio = trio
        self._token = trio.lowlevel.current_trio_token()

    def spawn(self, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._trio.lowlevel.spawn_system_task(run, name="circleci_v2.streams", context=contextvars.copy_context())

    def call(self, callback: Callable[[], None]) -> None:
        if self._is_here():
            callback()
        else:
            with contextlib.suppress(self._trio.RunFinishedError):
                self._token.run_sync_soon(callback)

    def _is_here(self) -> bool:
        try:
            return self._trio.lowlevel.current_trio_token() is self._token
        except RuntimeError:
            return False


def _running_loop() -> _Loop:
    with contextlib.suppress(RuntimeError):
        if asyncio.current_task() is not None:
            return _AsyncioLoop()
    return _TrioLoop()
