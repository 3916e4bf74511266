"""Lifecycle: how calls end before they are complete, by cancellation or because the client is closed, and the clock.

A client is bound to one event loop by its first call. Being cancelled, at any moment, must not leak a connection:
httpcore returns connections to its pool inside anyio's shielded scopes. A native `asyncio.Task.cancel` ignores those
shields, and one at the wrong moment removes a connection from the pool for good
(https://github.com/encode/httpcore/issues/1093). On asyncio, `run_shielded` therefore runs the work in a task of its own
that is never cancelled natively: a cancellation of the caller is passed on as the cancellation of an anyio scope, which
the shields delay until the connection is safe. Trio has no cancellation other than by scopes, so no task is needed.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Final, Protocol, TypeVar, TypeVarTuple

import anyio
import httpx
from anyio.lowlevel import RunVar

from circleci_v2.errors import ConfigurationError

__all__ = [
    "Lifecycle",
    "RunCancelledError",
    "SessionClock",
    "SystemClock",
    "closed_error",
    "drain_and_close",
    "run_shielded",
]

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")

_EVENT_LOOP: Final[RunVar[object]] = RunVar("circleci_v2_event_loop")
_MAX_DRAINED_CHUNKS: Final = 1 << 16
"""httpcore reads 64 KiB at a time; this bounds the loop if each chunk held one byte, or a custom transport never ends."""


class SessionClock(Protocol):
    """The time in seconds, from an arbitrary start. A seam: tests neither sleep nor depend on the time of day."""

    def now(self) -> float:
        """Return the current time; it never decreases."""
        ...

    async def wait(self, event: anyio.Event, until: float) -> None:
        """Return when `event` is set or the time `until` is reached, whichever is first; `math.inf` is never reached."""
        ...


class SystemClock:
    """The monotonic clock of this machine."""

    now = staticmethod(time.monotonic)

    async def wait(self, event: anyio.Event, until: float) -> None:
        """Return when `event` is set or the time `until` is reached."""
        if until == math.inf:
            await event.wait()
            return
        with anyio.move_on_after(until - self.now()):
            await event.wait()


def closed_error() -> ConfigurationError:
    """The error of a call on a closed client."""
    return ConfigurationError("this client was closed: create a new one, and make its calls inside `async with`")


class Lifecycle:
    """Tracks whether a client may send, and which requests have to be cancelled when it is closed.

    Attributes:
        is_closed: Whether the client was closed.
    """

    def __init__(self) -> None:
        self.is_closed = False
        self._event_loop: object = None
        self._closing: anyio.Event | None = None
        self._in_flight: set[anyio.CancelScope] = set()
        self._all_finished: anyio.Event | None = None

    def check(self) -> None:
        """Make sure that the client can be used from the running event loop.

        Raises:
            ConfigurationError: It was closed, or belongs to another event loop.
        """
        if self.is_closed:
            raise closed_error()
        if self._event_loop is None or _EVENT_LOOP.get(None) is not self._event_loop:
            self._bind_event_loop()

    def close(self) -> None:
        """Mark the client as closed, and wake everything that sleeps.

        Raises:
            ConfigurationError: It belongs to another event loop.
        """
        self._bind_event_loop()
        self.is_closed = True
        if self._closing is not None:
            self._closing.set()

    def start(self) -> anyio.CancelScope:
        """Return a scope for a request in flight; pass it to `finish` when the request has ended.

        Raises:
            ConfigurationError: The client was closed.
        """
        if self.is_closed:
            raise closed_error()
        scope = anyio.CancelScope()
        self._in_flight.add(scope)
        return scope

    def finish(self, scope: anyio.CancelScope) -> None:
        """Forget a request that has ended."""
        self._in_flight.discard(scope)
        if self._all_finished is not None and not self._in_flight:
            self._all_finished.set()

    async def cancel_in_flight(self) -> None:
        """Cancel every request in flight, and wait until they have ended."""
        for scope in self._in_flight:
            scope.cancel()
        if self._in_flight:
            self._all_finished = anyio.Event()
            await self._all_finished.wait()

    async def sleep(self, clock: SessionClock, seconds: float) -> None:
        """Sleep, unless the client is closed first.

        Raises:
            ConfigurationError: The client was closed.
        """
        if not self.is_closed:
            self._closing = self._closing or anyio.Event()
            await clock.wait(self._closing, clock.now() + seconds)
        if self.is_closed:
            raise closed_error()

    def _bind_event_loop(self) -> None:
        """Bind the client to the running event loop, or check that it is bound to this one."""
        running = _EVENT_LOOP.get(None)
        if running is None:
            running = object()
            _EVENT_LOOP.set(running)
        if self._event_loop is None:
            self._event_loop = running
        elif self._event_loop is not running:
            msg = (
                "this client is in use on another event loop, to which its connections belong: create one client per "
                "event loop, inside the function that you pass to `asyncio.run`"
            )
            raise ConfigurationError(msg)


class RunCancelledError(Exception):
    """`run_shielded` was stopped by its time limit or its scope; not a `TimeoutError`, which the work itself may raise."""


async def run_shielded(
    function: Callable[[*Arguments], Awaitable[T]],
    *arguments: *Arguments,
    seconds: float = math.inf,
    scope: anyio.CancelScope | None = None,
) -> T:
    """Run an async function so that it is only ever cancelled through an anyio scope, and has ended when this returns.

    Args:
        function: The function to run.
        arguments: Its positional arguments.
        seconds: How long it may take.
        scope: The scope it runs in, for callers that need to cancel it from elsewhere.

    Raises:
        RunCancelledError: It took longer than `seconds`, or `scope` was cancelled.
    """
    scope = scope or anyio.CancelScope()
    if anyio.get_cancelled_exc_class() is not asyncio.CancelledError:
        # Not asyncio, but trio.
        scope.deadline = anyio.current_time() + seconds
        with scope:
            return await function(*arguments)
        raise RunCancelledError

    async def run() -> T:
        with scope:
            return await function(*arguments)
        raise RunCancelledError

    # Equivalent to a task group with a deadline, at half of its cost; every request pays for it.
    loop = asyncio.get_running_loop()
    task = loop.create_task(run())
    timer = None if seconds == math.inf else loop.call_later(seconds, scope.cancel)
    try:
        await asyncio.wait([task])
    except asyncio.CancelledError:
        scope.cancel()
        await _wait_until_done(task)
        raise
    finally:
        if timer is not None:
            timer.cancel()
    return task.result()


async def _wait_until_done(task: asyncio.Task[T]) -> None:
    """Wait for a task whose scope was cancelled, however often the caller is cancelled meanwhile."""
    # anyio cancels a task inside a cancelled scope in every iteration of the event loop; the shield prevents that.
    with anyio.CancelScope(shield=True):
        while not task.done():
            try:
                await asyncio.wait([task])
            except asyncio.CancelledError:
                # The caller re-raises the first cancellation when the task is done.
                continue
    if not task.cancelled():
        # Mark the exception as retrieved; asyncio would log it otherwise.
        task.exception()


async def drain_and_close(response: httpx.Response, chunks: AsyncIterator[bytes]) -> None:
    """Stop reading a response body at any point, and return its connection.

    The body arrives through nested async generators of httpx and httpcore. Closing the outer one leaves the inner ones
    unfinished. Asyncio finalizes those itself; trio emits a `ResourceWarning` for each. So on trio, iteration continues
    under a cancelled scope up to the next wait for the network, which unwinds all of them.

    Args:
        response: The response to close.
        chunks: The iterator over its body; may be exhausted already.
    """
    try:
        if anyio.get_cancelled_exc_class() is not asyncio.CancelledError:
            await _unwind(chunks)
    finally:
        with anyio.CancelScope(shield=True):
            await response.aclose()


async def _unwind(chunks: AsyncIterator[bytes]) -> None:
    with anyio.CancelScope() as scope, suppress(httpx.RequestError):
        scope.cancel()
        for _ in range(_MAX_DRAINED_CHUNKS):
            # Chunks that are buffered already are few, and are discarded.
            if await anext(chunks, None) is None:
                return
