"""SharedWindows: the limits that CircleCI publishes, kept by several processes together. No I/O."""

from __future__ import annotations

import itertools
from hashlib import blake2b
from typing import Protocol

import anyio
import attrs

from circleci_v2._http.rate_limit.fixed_window import PUBLISHED_LIMITS, FixedWindowLimiter, organization_of
from circleci_v2._http.rate_limit.shared_entries import WindowCall
from circleci_v2._http.rate_limit.shared_model import Grant

__all__ = ["SharedWindows", "WindowExchange"]


class WindowExchange(Protocol):
    """The connection of the windows to the other processes.

    Attributes:
        is_degraded: Whether the store cannot be reached.
    """

    is_degraded: bool

    def exchange_soon(self) -> None:
        """Exchange soon."""
        ...


@attrs.define(eq=False)
class _Request:
    """A call that waits to be counted.

    Attributes:
        call: The call.
        done: Set when the other attributes are known.
        seconds: The seconds until it may be sent; 0 if it was counted.
        counted_at: When, by the clock of the store; None if the store could not be reached.
        is_cancelled: Whether nothing waits for the result any more.
    """

    call: WindowCall
    done: anyio.Event = attrs.field(factory=anyio.Event)
    seconds: float = 0.0
    counted_at: float | None = None
    is_cancelled: bool = False


class SharedWindows(FixedWindowLimiter):
    """The published limits of one process among several, which count their calls in one log.

    Each call is also counted here, so that the process keeps the limits for itself while the store is away. Those that were
    counted only here are counted in the store when it is back.

    Args:
        exchange: Takes calls, and returns decisions through `settle` or `fail`.
    """

    def __init__(self, exchange: WindowExchange) -> None:
        super().__init__(PUBLISHED_LIMITS)
        self._exchange = exchange
        self._requests: list[_Request] = []
        self._sent: list[_Request] = []
        # Calls to count or to uncount that nothing waits for.
        self._notes: list[WindowCall] = []
        self._sent_notes: list[WindowCall] = []
        self._counted_at: dict[tuple[str, str, float], float] = {}

    @property
    def is_due(self) -> bool:
        """Whether there is anything to exchange."""
        return bool(self._requests or self._notes)

    def take(self) -> tuple[WindowCall, ...]:
        """Return the calls for the next entry; `settle` or `fail` follows."""
        self._sent, self._requests = [one for one in self._requests if not one.is_cancelled], []
        self._sent_notes, self._notes = self._notes, []
        return (*(one.call for one in self._sent), *self._sent_notes)

    def settle(self, grant: Grant) -> None:
        """Apply the decisions about the calls that were taken."""
        for request, seconds in zip(self._sent, grant.window_waits, strict=False):
            request.seconds, request.counted_at = seconds, grant.stamp
            if request.is_cancelled and not seconds:
                self._notes.append(attrs.evolve(request.call, released_at=grant.stamp))
            request.done.set()
        self._sent, self._sent_notes = [], []

    def fail(self) -> None:
        """Leave all calls to this process, because the store cannot be reached."""
        for request in itertools.chain(self._sent, self._requests):
            request.done.set()
        self._notes += self._sent_notes
        self._requests, self._sent, self._sent_notes = [], [], []

    def release(self, operation_id: str, path: str, acquired_at: float) -> None:
        """Uncount a call that cannot have reached CircleCI."""
        super().release(operation_id, path, acquired_at)
        counted_at = self._counted_at.pop((operation_id, path, acquired_at), None)
        if counted_at is not None:
            self._notes.append(_call(operation_id, path, released_at=counted_at))
            self._exchange.exchange_soon()

    async def _count(self, operation_id: str, path: str, now: float) -> float:
        if not self._exchange.is_degraded:
            request = _Request(_call(operation_id, path))
            self._requests.append(request)
            self._exchange.exchange_soon()
            try:
                await request.done.wait()
            except BaseException:
                request.is_cancelled = True
                raise
            if request.counted_at is not None:
                if not request.seconds:
                    self.try_acquire(operation_id, path, now)
                    self._counted_at[operation_id, path, now] = request.counted_at
                return request.seconds
        seconds = self.try_acquire(operation_id, path, now)
        if not seconds:
            self._notes.append(_call(operation_id, path))
        return seconds


def _call(operation_id: str, path: str, released_at: float | None = None) -> WindowCall:
    # The name of an organization may be confidential.
    digest = blake2b(organization_of(path).encode(), digest_size=8, person=b"circleci_v2").hexdigest()
    return WindowCall(operation=operation_id, organization=digest, released_at=released_at)
