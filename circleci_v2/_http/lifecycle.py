"""Lifecycle of a client: bound to one event loop by its first call, and over when it is closed; and its clock."""

from __future__ import annotations

import math
import time
from typing import Final, Protocol

import anyio
from anyio.lowlevel import RunVar

from circleci_v2.errors import ConfigurationError

__all__ = ["Lifecycle", "SessionClock", "SystemClock", "closed_error"]

_EVENT_LOOP: Final[RunVar[object]] = RunVar("circleci_v2_event_loop")


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
