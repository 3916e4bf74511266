"""Budget: how many requests a rate limit leaves, and when the next one may be sent. No I/O; time is an argument.

`Budget` is the seam for state that several processes share. Its methods are called between awaits and must not block, so
such an implementation keeps a local copy and synchronizes it in a task of its own.
"""

from __future__ import annotations

from typing import Protocol

import attrs

from circleci_v2.policies import RateLimit

__all__ = ["Budget", "Reservation", "UnlimitedBudget"]


@attrs.define(eq=False)
class Reservation:
    """One request that was counted against a budget.

    Attributes:
        sent_at: When it was sent, by the clock of the limiter.
        number: The position of the request among those of the budget, from 1.
        level: The number of requests that the budget expected to be left after it.
        corrections: The sum of the budget's corrections when it was sent.
    """

    sent_at: float
    number: int
    level: float = 0.0
    corrections: float = 0.0


class Budget(Protocol):
    """The budget of one bucket of requests. Each reservation ends in exactly one call of the last three methods."""

    def ready_at(self, now: float, *, interactive: bool) -> float:
        """Return when the next request may be sent.

        Args:
            now: The current time.
            interactive: Whether the request may use the reserve.

        Returns:
            `now` or earlier if the request may be sent immediately; `math.inf` if not before another response arrives,
            but never while no request is in flight.
        """
        ...

    def reserve(self, now: float) -> Reservation:
        """Count a request that is sent now."""
        ...

    def accepted(self, reservation: Reservation, now: float, limit: RateLimit | None) -> None:
        """Learn from a response other than 429, and the rate limit in its headers."""
        ...

    def rejected(self, reservation: Reservation, now: float, limit: RateLimit | None, pause: float) -> None:
        """Learn from a 429, after which nothing is sent for `pause` seconds."""
        ...

    def lost(self, reservation: Reservation, now: float) -> None:
        """Learn that a request ended without a response."""
        ...


class UnlimitedBudget:
    """Delays nothing. Rate limiting is then left to the cooldown after a 429."""

    def ready_at(self, now: float, *, interactive: bool) -> float:  # noqa: ARG002 - the protocol
        """Return the current time."""
        return now

    def reserve(self, now: float) -> Reservation:
        """Return a reservation that is not counted."""
        return Reservation(now, 0)

    def accepted(self, reservation: Reservation, now: float, limit: RateLimit | None) -> None:
        """Do nothing."""

    def rejected(self, reservation: Reservation, now: float, limit: RateLimit | None, pause: float) -> None:
        """Do nothing."""

    def lost(self, reservation: Reservation, now: float) -> None:
        """Do nothing."""
