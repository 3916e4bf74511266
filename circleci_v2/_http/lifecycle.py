"""Lifecycle: how calls end before they are complete, by cancellation or because the client is closed, and the clock.

A client is bound to one event loop by its first call. Being cancelled, at any moment, must not leak a connection:
httpcore returns connections to its pool inside anyio's shielded scopes. A native `asyncio.Task.cancel` ignores those
shields, and one at the wrong moment removes a connection from the pool for good
(https://github.com/encode/httpcore/issues/1093). On asyncio, `run_shielded` therefore runs the work in a task of its own
that is never cancelled natively: a cancellation of the caller is passed on as the cancellation of an anyio scope, which
the shields delay until the connection is safe. Trio has no cancellation other than by scopes, so no task is needed.

Aiohttp is written for native cancellation, and httpx's `MockTransport` has no connections, so their requests run in the
task of the caller (`run_cancellable`). On asyncio nothing else of a call needs anyio, which is therefore imported when it is.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol, TypeVar, TypeVarTuple

import httpx

from circleci_v2._lazy import LazyModule
from circleci_v2.errors import ConfigurationError

if TYPE_CHECKING:
    import anyio
else:
    anyio = LazyModule("anyio")

__all__ = [
    "Interruption",
    "Lifecycle",
    "RunCancelledError",
    "SessionClock",
    "SystemClock",
    "closed_error",
    "drain_and_close",
    "is_asyncio",
    "run_cancellable",
    "run_shielded",
    "run_to_completion",
]

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")

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


def is_asyncio() -> bool:
    """Whether the caller runs in a task of asyncio."""
    try:
        # A loop of asyncio can also be the host of trio (its "guest mode"), whose code runs in no task of that loop.
        return asyncio.current_task() is not None
    except RuntimeError:
        return False


def _running_event_loop() -> object:
    # Not `is_asyncio`: every call begins here.
    with suppress(RuntimeError):
        if asyncio.current_task() is not None:
            return asyncio.get_running_loop()
    import trio  # noqa: PLC0415 - an optional library, installed wherever it is the running event loop

    return trio.lowlevel.current_trio_token()


class Scope(Protocol):
    """The extent of work that can be cancelled from elsewhere."""

    def cancel(self) -> None:
        """Cancel the work."""
        ...


def closed_error() -> ConfigurationError:
    """The error of a call on a closed client."""
    return ConfigurationError("this client was closed: create a new one, and make its calls inside `async with`")


class Lifecycle:
    """Tracks whether a client may send, and which requests have to be cancelled when it is closed.

    Args:
        needs_shield: Whether native cancellation can harm the transports.

    Attributes:
        is_closed: Whether the client was closed.
    """

    def __init__(self, *, needs_shield: bool) -> None:
        self._needs_shield = needs_shield
        self.is_closed = False
        self._event_loop: object = None
        self._closing: anyio.Event | None = None
        self._in_flight: set[Scope] = set()
        self._all_finished: anyio.Event | None = None

    def check(self) -> None:
        """Make sure that the client can be used from the running event loop.

        Raises:
            ConfigurationError: It was closed, or belongs to another event loop.
        """
        if self.is_closed:
            raise closed_error()
        if self._event_loop is not _running_event_loop():
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

    async def run(self, function: Callable[[*Arguments], Awaitable[T]], *arguments: *Arguments, seconds: float) -> T:
        """Run an async function that sends a request, until its time limit or the end of the client.

        Args:
            function: The function to run.
            arguments: Its positional arguments.
            seconds: How long it may take.

        Raises:
            RunCancelledError: It took longer than `seconds`, or the client was closed meanwhile.
            ConfigurationError: The client was closed before.
        """
        scope = anyio.CancelScope() if self._needs_shield or not is_asyncio() else Interruption()
        self.start(scope)
        try:
            if isinstance(scope, Interruption):
                return await run_cancellable(function, *arguments, seconds=seconds, scope=scope)
            return await run_shielded(function, *arguments, seconds=seconds, scope=scope)
        finally:
            self.finish(scope)

    def start(self, scope: Scope) -> None:
        """Count a request as in flight; call `finish` when it has ended.

        Args:
            scope: Cancels the request.

        Raises:
            ConfigurationError: The client was closed.
        """
        if self.is_closed:
            raise closed_error()
        self._in_flight.add(scope)

    def finish(self, scope: Scope) -> None:
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
        running = _running_event_loop()
        if self._event_loop is None:
            self._event_loop = running
        elif self._event_loop is not running:
            msg = (
                "this client is in use on another event loop, to which its connections belong: create one client per "
                "event loop, inside the function that you pass to `asyncio.run`"
            )
            raise ConfigurationError(msg)


class RunCancelledError(Exception):
    """Work was stopped by its time limit or its scope; not a `TimeoutError`, which the work itself may raise."""


class Interruption:
    """The scope of work in the task of its caller, on asyncio; it ends the work like a time limit that is exceeded."""

    def __init__(self) -> None:
        self.timeout = asyncio.timeout(None)

    def cancel(self) -> None:
        """Cancel the work, which must have begun."""
        self.timeout.reschedule(0.0)


async def run_cancellable(
    function: Callable[[*Arguments], Awaitable[T]], *arguments: *Arguments, seconds: float, scope: Interruption
) -> T:
    """Run an async function in the task of the caller, on asyncio; native cancellation must not harm the function.

    Args:
        function: The function to run.
        arguments: Its positional arguments.
        seconds: How long it may take.
        scope: The scope that it runs in.

    Raises:
        RunCancelledError: It took longer than `seconds`, or `scope` was cancelled.
    """
    try:
        async with scope.timeout:
            if seconds != math.inf:
                scope.timeout.reschedule(asyncio.get_running_loop().time() + seconds)
            try:
                return await function(*arguments)
            except asyncio.CancelledError:
                # Asyncio closes the connection in the next iteration of the loop; the next request may open another one.
                await asyncio.sleep(0)
                raise
    except TimeoutError:
        if scope.timeout.expired():
            raise RunCancelledError from None
        raise


async def run_shielded(
    function: Callable[[*Arguments], Awaitable[T]],
    *arguments: *Arguments,
    seconds: float,
    scope: anyio.CancelScope,
) -> T:
    """Run an async function so that it is only ever cancelled through an anyio scope, and has ended when this returns.

    Args:
        function: The function to run.
        arguments: Its positional arguments.
        seconds: How long it may take.
        scope: The scope that it runs in.

    Raises:
        RunCancelledError: It took longer than `seconds`, or `scope` was cancelled.
    """
    if not is_asyncio():
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


async def run_to_completion(function: Callable[[], Awaitable[None]]) -> None:
    """Run an async function that no cancellation of the caller interrupts; a cancellation is raised when it has ended."""
    if not is_asyncio():
        with anyio.CancelScope(shield=True):
            await function()
        return

    async def run() -> None:
        await function()

    task = asyncio.get_running_loop().create_task(run())
    try:
        await asyncio.wait([task])
    except asyncio.CancelledError:
        await _wait_until_done(task)
        raise
    task.result()


async def _wait_until_done(task: asyncio.Task[T]) -> None:
    """Wait for a task to end, however often the caller is cancelled meanwhile."""
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
        if not is_asyncio():
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
