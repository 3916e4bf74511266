"""Budget: how many requests a rate limit leaves, and when the next one may be sent. No I/O; time is an argument.

`Budget` is also implemented by ``shared.py``, for limits that several processes share. Its methods are called between
awaits and must not block, so that implementation synchronizes its state in a task of its own.
"""

from __future__ import annotations

from typing import Protocol

import attrs

from circleci_v2._http.rate_limit.from_headers import HeaderBucket, Reservation
from circleci_v2._http.rate_limit.from_throughput import ThroughputEstimator
from circleci_v2.policies import RateLimit, RateLimitPolicy

__all__ = ["AdaptiveRateLimiter", "Budget", "Queue", "UnlimitedBudget", "budget_for"]


class Budget(Protocol):
    """The budget of one bucket of requests. Each reservation ends in exactly one call of the last three methods."""

    def ready_at(self, now: float, *, interactive: bool) -> float:
        """Return when the next request may be sent.

        Args:
            now: The current time.
            interactive: Whether the request may use the reserve.

        Returns:
            `now` or earlier if the request may be sent immediately; `math.inf` if not before another response arrives,
            but never while no request is in flight, unless the budget calls `Limiter.dispatch` later.
        """
        ...

    def reserve(self, now: float) -> Reservation:
        """Count a request that is sent now."""
        ...

    def accepted(self, reservation: Reservation, now: float, limit: RateLimit | None) -> None:
        """Learn from a response other than 429, and the rate limit in its headers."""
        ...

    def rejected(
        self, reservation: Reservation, now: float, limit: RateLimit | None, pause: float, *, is_requested: bool
    ) -> float:
        """Learn from a 429.

        Args:
            reservation: The request.
            now: The current time.
            limit: The rate limit in the headers.
            pause: The seconds after which the call is sent again.
            is_requested: Whether the server requested that in ``Retry-After``; it applies to all requests then.

        Returns:
            The cooldown: the seconds for which nothing may be sent.
        """
        ...

    def lost(self, reservation: Reservation, now: float) -> None:
        """Learn that a request ended without a response."""
        ...


@attrs.frozen
class Queue:
    """The requests that wait for a budget.

    Attributes:
        budget: The budget.
        operation: One of the operations in its bucket.
        waiting: The number of requests.
        interactive: Whether the first of them may use the reserve.
    """

    budget: Budget
    operation: str
    waiting: int
    interactive: bool


class UnlimitedBudget:
    """Delays nothing. Rate limiting is then left to the server, by ``Retry-After``."""

    def ready_at(self, now: float, *, interactive: bool) -> float:  # noqa: ARG002 - the protocol
        """Return the current time."""
        return now

    def reserve(self, now: float) -> Reservation:
        """Return a reservation that is not counted."""
        return Reservation(now, 0)

    def accepted(self, reservation: Reservation, now: float, limit: RateLimit | None) -> None:
        """Do nothing."""

    def rejected(
        self,
        reservation: Reservation,  # noqa: ARG002 - the protocol
        now: float,  # noqa: ARG002
        limit: RateLimit | None,  # noqa: ARG002
        pause: float,
        *,
        is_requested: bool,
    ) -> float:
        """Return the pause if the server requested it; otherwise, only the rejected call waits."""
        return pause if is_requested else 0.0

    def lost(self, reservation: Reservation, now: float) -> None:
        """Do nothing."""


class AdaptiveRateLimiter:
    """Runs two models side by side, one from headers and one from throughput, and follows one of them.

    CircleCI was observed to send the same ``remaining`` with every response. Such headers describe no budget, so they are
    followed only after ``remaining`` has changed, and never again after a request was rejected while they claimed that
    more than a tenth of the limit was left. Both models learn from every response, so that switching needs no warm-up.

    Args:
        policy: The reserve, and the concurrency before the first response.
        ahead: Seconds for which requests are reserved ahead, where several processes share the limiter. Default: 0.

    Attributes:
        follows_headers: Whether the headers are credible.
    """

    def __init__(self, policy: RateLimitPolicy, *, ahead: float = 0.0) -> None:
        self._bucket = HeaderBucket(reserve=policy.reserve, ahead=ahead)
        self._throughput = ThroughputEstimator(initial=policy.initial, is_shared=ahead > 0)
        self._sent = 0
        self._last_remaining: int | None = None
        self._contradicted = False
        self.follows_headers = False

    def ready_at(self, now: float, *, interactive: bool) -> float:
        """Return when the next request may be sent."""
        if self.follows_headers:
            return self._bucket.ready_at(now, interactive=interactive)
        return self._throughput.ready_at(now)

    def reserve(self, now: float) -> Reservation:
        """Count a request that is sent now."""
        self._sent += 1
        reservation = Reservation(now, self._sent)
        self._bucket.reserve(reservation, now)
        self._throughput.reserve(now)
        return reservation

    def accepted(self, reservation: Reservation, now: float, limit: RateLimit | None) -> None:
        """Learn from a response other than 429."""
        if limit is not None:
            if self._last_remaining not in {None, limit.remaining}:
                self.follows_headers = not self._contradicted
            self._last_remaining = limit.remaining
        self._bucket.accepted(reservation, now, limit)
        self._throughput.accepted(reservation.sent_at)

    def rejected(
        self, reservation: Reservation, now: float, limit: RateLimit | None, pause: float, *, is_requested: bool
    ) -> float:
        """Learn from a 429; without a requested time, only headers show for how long the limit is used up."""
        if limit is not None and limit.remaining > max(1, limit.limit // 10):
            self._contradicted = True
            self.follows_headers = False
        cooldown = pause if is_requested or self.follows_headers else 0.0
        self._bucket.rejected(reservation, now, limit, cooldown)
        self._throughput.rejected(reservation.sent_at, now, cooldown)
        return cooldown

    def lost(self, reservation: Reservation, now: float) -> None:  # noqa: ARG002 - the protocol
        """Learn that a request ended without a response."""
        self._bucket.lost()
        self._throughput.lost()

    @property
    def rate(self) -> float:
        """Requests per second that the followed model allows for long; 0 if it is not known."""
        return self._bucket.rate if self.follows_headers else self._throughput.rate

    @property
    def is_learning(self) -> bool:
        """Whether responses change the model so much that they should not be reported in batches."""
        return self._bucket.is_learning if self.follows_headers else self._throughput.is_learning

    def level(self, now: float) -> float:
        """Return the estimated number of tokens; 0 if only the rate is known."""
        return self._bucket.level(now) if self.follows_headers else 0.0

    def unused(self, reservation: Reservation) -> None:
        """Take back a reservation whose request was never sent."""
        self._bucket.unused(reservation)
        self._throughput.lost()

    def restart(self, now: float, level: float) -> None:
        """Go on after a time in which requests were sent that the models do not know of.

        Args:
            now: The current time.
            level: The tokens that are left by another estimate.
        """
        self._bucket.restart(now, level)
        self._throughput.restart(now)


def budget_for(policy: RateLimitPolicy) -> Budget:
    """Return the budget of a bucket that nothing is known about yet."""
    return AdaptiveRateLimiter(policy) if policy.enabled else UnlimitedBudget()
