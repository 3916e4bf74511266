"""AdaptiveBudget: believes the headers as long as they tell a budget, and what passes where they do not."""

from __future__ import annotations

from circleci_v2._http.rate_limit.budget import Budget, Ticket, UnlimitedBudget
from circleci_v2._http.rate_limit.from_headers import HeaderBudget
from circleci_v2._http.rate_limit.from_throughput import DeliveryBudget
from circleci_v2.policies import RateLimit, RateLimitPolicy

__all__ = ["AdaptiveBudget", "budget_for"]


class AdaptiveBudget:
    """Two models side by side: one of what the headers tell, one of what passes.

    CircleCI was seen to send the same ``remaining`` with every answer. Such headers tell no budget, so they are believed
    only after they have moved, and no longer once a request was refused while they said that there was plenty left.

    Args:
        policy: How careful to be.
    """

    def __init__(self, policy: RateLimitPolicy) -> None:
        self._header = HeaderBudget(reserve=policy.reserve)
        self._delivery = DeliveryBudget(initial=policy.initial)
        self._sent = 0
        self._seen: int | None = None
        self._moves = False
        self._lies = False

    @property
    def believes_headers(self) -> bool:
        """Whether the headers are what counts."""
        return self._moves and not self._lies

    def ready_at(self, now: float, *, urgent: bool) -> float:
        """When the next request may be sent."""
        return self._header.ready_at(now, urgent=urgent) if self.believes_headers else self._delivery.ready_at(now)

    def sent(self, now: float) -> Ticket:
        """Count a request that is sent now."""
        self._sent += 1
        ticket = Ticket(now, self._sent)
        self._header.sent(ticket, now)
        self._delivery.sent(now)
        return ticket

    def accepted(self, ticket: Ticket, now: float, limit: RateLimit | None) -> None:
        """Learn from an answer that is no 429."""
        if limit is not None:
            self._moves = self._moves or self._seen not in {None, limit.remaining}
            self._seen = limit.remaining
        self._header.accepted(ticket, now, limit)
        self._delivery.accepted(ticket)

    def refused(self, ticket: Ticket, now: float, limit: RateLimit | None, pause: float) -> None:
        """Learn from a 429."""
        if limit is not None and limit.remaining > max(1, limit.limit // 10):
            self._lies = True
        self._header.refused(ticket, now, limit, pause)
        self._delivery.refused(ticket, now, pause)

    def lost(self, ticket: Ticket, now: float) -> None:  # noqa: ARG002 - the interface
        """Learn that a request ended without an answer."""
        self._header.lost()
        self._delivery.lost()


def budget_for(policy: RateLimitPolicy) -> Budget:
    """The budget of a bucket of which nothing is known yet."""
    return AdaptiveBudget(policy) if policy.enabled else UnlimitedBudget()
