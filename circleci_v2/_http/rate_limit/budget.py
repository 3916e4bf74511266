"""Budget: how many requests a rate limit leaves, and when the next one may be sent. No I/O, the time is an argument.

`Budget` is the seam for a state that several processes share: its methods are called between awaits and must not block,
so such a state keeps a local copy and exchanges it in a task of its own.
"""

from __future__ import annotations

from typing import Protocol

from circleci_v2.policies import RateLimit

__all__ = ["Budget", "Ticket", "UnlimitedBudget"]


class Ticket:
    """One request that was sent under a budget.

    Attributes:
        sent_at: When it was sent, on the clock of the limiter.
        number: Which request of the budget it is, from 1 up.
        level: What the budget expected to be left after it.
        corrections: The sum of the budget's corrections when it was sent.
    """

    __slots__ = ("corrections", "level", "number", "sent_at")

    def __init__(self, sent_at: float, number: int, level: float = 0.0, corrections: float = 0.0) -> None:
        self.sent_at = sent_at
        self.number = number
        self.level = level
        self.corrections = corrections


class Budget(Protocol):
    """The budget of one bucket of requests. Every request that was sent ends in exactly one of the last three."""

    def ready_at(self, now: float, *, urgent: bool) -> float:
        """When the next request may be sent: `now` or earlier if at once, `math.inf` if not before another answer.

        Never `math.inf` while no request is under way.

        Args:
            now: The present.
            urgent: Whether the request may use what is kept in reserve.
        """
        ...

    def sent(self, now: float) -> Ticket:
        """Count a request that is sent now."""
        ...

    def accepted(self, ticket: Ticket, now: float, limit: RateLimit | None) -> None:
        """Learn from an answer that is no 429, with what its headers say."""
        ...

    def refused(self, ticket: Ticket, now: float, limit: RateLimit | None, pause: float) -> None:
        """Learn from a 429; nothing is sent for `pause` seconds."""
        ...

    def lost(self, ticket: Ticket, now: float) -> None:
        """Learn that a request ended without an answer."""
        ...


class UnlimitedBudget:
    """Holds nothing back; what is left of a rate limit is the gate that a 429 closes."""

    def ready_at(self, now: float, *, urgent: bool) -> float:  # noqa: ARG002 - the interface
        """Now."""
        return now

    def sent(self, now: float) -> Ticket:
        """Counts nothing."""
        return Ticket(now, 0)

    def accepted(self, ticket: Ticket, now: float, limit: RateLimit | None) -> None:
        """Learns nothing."""

    def refused(self, ticket: Ticket, now: float, limit: RateLimit | None, pause: float) -> None:
        """Learns nothing."""

    def lost(self, ticket: Ticket, now: float) -> None:
        """Learns nothing."""
