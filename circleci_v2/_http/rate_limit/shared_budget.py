"""SharedBudget: the budget of a bucket in one of several processes that share its limit. No I/O."""

from __future__ import annotations

import math
from collections import deque
from typing import Final, Protocol, cast

from circleci_v2._http.rate_limit.budget import AdaptiveRateLimiter
from circleci_v2._http.rate_limit.from_headers import Reservation
from circleci_v2._http.rate_limit.shared_entries import Report, ReportedOutcome
from circleci_v2.policies import RateLimit, RateLimitPolicy

__all__ = ["Exchange", "SharedBudget"]

# Seconds for which a lease may be used after its time; the model takes it back seconds later.
_VALID_SECONDS: Final = 0.5


class Exchange(Protocol):
    """The connection of a budget to the other processes.

    Attributes:
        is_degraded: Whether the store cannot be reached.
        outages: How often leases became void because it could not be reached.
    """

    is_degraded: bool
    outages: int

    def exchange_soon(self) -> None:
        """Exchange leases for reports soon, if anything is due."""
        ...

    def add_report(self, report: Report, *, is_urgent: bool) -> None:
        """Report the outcome of a request."""
        ...

    def store_time(self, local: float) -> float:
        """Return the time by the clock of the store for one by that of this process."""
        ...

    def local_time(self, at_store: float) -> float:
        """Return the time by the clock of this process for one by that of the store."""
        ...


class _SharedReservation(Reservation):
    """A request, with its reservation by the limiter of this process, and its lease if it has one.

    Args:
        local: The reservation by the limiter of this process.
        lease: The number of the lease; None without one.
        outage: The number of outages before it.
    """

    __slots__ = ("lease", "local", "outage")

    def __init__(self, local: Reservation, *, lease: int | None, outage: int) -> None:
        super().__init__(local.sent_at, local.number)
        self.local = local
        self.lease = lease
        self.outage = outage


class SharedBudget:
    """The budget of a bucket: leases from the model, or its own limiter while the store is away.

    Args:
        exchange: Takes reports, and fills `leases`.
        operation: The first operation of the bucket.
        policy: The settings.

    Attributes:
        operation: The first operation of the bucket.
        local: The limiter of this process.
        leases: The number of each unused lease and its time by the clock of the store.
        again_at: When it is worthwhile to request leases.
    """

    def __init__(self, exchange: Exchange, operation: str, policy: RateLimitPolicy) -> None:
        self._exchange = exchange
        self.operation = operation
        self.local = AdaptiveRateLimiter(policy)
        self.leases: deque[tuple[int, float]] = deque()
        self.again_at = -math.inf

    def ready_at(self, now: float, *, interactive: bool) -> float:
        """Return when the next request may be sent; `math.inf` until leases are granted."""
        if self._exchange.is_degraded:
            self._exchange.exchange_soon()
            return self.local.ready_at(now, interactive=interactive)
        self.drop_leases(now - _VALID_SECONDS)
        if self.leases:
            return self._exchange.local_time(self.leases[0][1])
        self._exchange.exchange_soon()
        return math.inf

    def reserve(self, now: float) -> Reservation:
        """Count a request that is sent now, and use a lease for it."""
        local, lease = self.local.reserve(now), None
        if self.leases and not self._exchange.is_degraded:
            lease = self.leases.popleft()[0]
            if len(self.leases) <= 1:
                self._exchange.exchange_soon()
        return _SharedReservation(local, lease=lease, outage=self._exchange.outages)

    def accepted(self, reservation: Reservation, now: float, limit: RateLimit | None) -> None:
        """Learn from a response other than 429, and report it."""
        self.local.accepted(_local(reservation), now, limit)
        self._report("accepted", reservation, now, limit)

    def rejected(
        self, reservation: Reservation, now: float, limit: RateLimit | None, pause: float, *, is_requested: bool
    ) -> float:
        """Learn from a 429, and report it at once."""
        cooldown = self.local.rejected(_local(reservation), now, limit, pause, is_requested=is_requested)
        if cooldown:
            self.drop_leases(math.inf)
        self._report("rejected", reservation, now, limit, pause=pause, is_requested=is_requested)
        return cooldown

    def lost(self, reservation: Reservation, now: float) -> None:
        """Learn that a request ended without a response."""
        self.local.lost(_local(reservation), now)
        self._report("lost", reservation, now, None)

    def drop_leases(self, due_before: float) -> None:
        """Give back the leases that were due before a time by the clock of this process."""
        while self.leases and self._exchange.local_time(self.leases[0][1]) < due_before:
            number, at = self.leases.popleft()
            self._exchange.add_report(
                Report(operation=self.operation, lease=number, outcome="unused", sent_at=at, at=at), is_urgent=False
            )

    def _report(
        self,
        outcome: ReportedOutcome,
        reservation: Reservation,
        now: float,
        limit: RateLimit | None,
        *,
        pause: float = 0.0,
        is_requested: bool = False,
    ) -> None:
        exchange, reservation = self._exchange, cast("_SharedReservation", reservation)
        report = Report(
            operation=self.operation,
            lease=reservation.lease if reservation.outage == exchange.outages else None,
            outcome=outcome,
            sent_at=exchange.store_time(reservation.sent_at),
            at=exchange.store_time(now),
            limit=limit,
            pause=pause,
            is_requested=is_requested,
        )
        exchange.add_report(report, is_urgent=outcome == "rejected")


def _local(reservation: Reservation) -> Reservation:
    local = cast("_SharedReservation", reservation).local
    # A permit that moved to another bucket keeps the time at which it was sent.
    local.sent_at = reservation.sent_at
    return local
