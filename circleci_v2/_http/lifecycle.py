"""Lifetime: from the first call of a client to its closing, on one event loop."""

from __future__ import annotations

from typing import Final

import anyio
from anyio.lowlevel import RunVar

from circleci_v2._http.clock import Clock
from circleci_v2.errors import ConfigurationError

__all__ = ["Lifetime", "closed_error"]

_EVENT_LOOP: Final[RunVar[object]] = RunVar("circleci_v2_event_loop")


def closed_error() -> ConfigurationError:
    """The error of a call that comes too late."""
    return ConfigurationError("this client was closed: make a new one, and keep its calls inside `async with`")


class Lifetime:
    """Whether a client can be used, here and now.

    Attributes:
        is_over: Whether it was closed.
    """

    def __init__(self) -> None:
        self.is_over = False
        self._event_loop: object = None
        self._end: anyio.Event | None = None
        self._under_way: set[anyio.CancelScope] = set()
        self._nothing_under_way: anyio.Event | None = None

    def check(self) -> None:
        """Make sure that the client may send.

        Raises:
            ConfigurationError: It was closed, or belongs to another event loop.
        """
        if self.is_over:
            raise closed_error()
        self._check_event_loop()

    def end(self) -> None:
        """The client is closed from now on.

        Raises:
            ConfigurationError: It belongs to another event loop.
        """
        self._check_event_loop()
        self.is_over = True
        if self._end is not None:
            self._end.set()

    def begin(self) -> anyio.CancelScope:
        """Something is under way from now on, in this scope, up to `finish`.

        Raises:
            ConfigurationError: The client was closed, and may be waiting for the last of what was under way.
        """
        if self.is_over:
            raise closed_error()
        scope = anyio.CancelScope()
        self._under_way.add(scope)
        return scope

    def finish(self, scope: anyio.CancelScope) -> None:
        """It is no longer under way."""
        self._under_way.discard(scope)
        if self._nothing_under_way is not None and not self._under_way:
            self._nothing_under_way.set()

    async def end_what_is_under_way(self) -> None:
        """Cancel it, and come back when it has ended."""
        for scope in self._under_way:
            scope.cancel()
        if self._under_way:
            self._nothing_under_way = anyio.Event()
            await self._nothing_under_way.wait()

    async def sleep(self, clock: Clock, seconds: float) -> None:
        """Come back after so many seconds, if the client is still there.

        Raises:
            ConfigurationError: It was closed meanwhile.
        """
        if not self.is_over:
            self._end = self._end or anyio.Event()
            await clock.wait(self._end, clock.now() + seconds)
        if self.is_over:
            raise closed_error()

    def _check_event_loop(self) -> None:
        here = _EVENT_LOOP.get(None)
        if here is None:
            here = object()
            _EVENT_LOOP.set(here)
        if self._event_loop is None:
            self._event_loop = here
        elif self._event_loop is not here:
            msg = (
                "this client is in use on another event loop, which its connections belong to: make one client for each "
                "event loop, inside the function that `asyncio.run` is given"
            )
            raise ConfigurationError(msg)
