"""AdaptiveRateLimiter: follows the rate-limit headers while they are credible, and measured throughput otherwise."""

from __future__ import annotations

from circleci_v2._http.rate_limit.budget import Budget, Reservation, UnlimitedBudget
from circleci_v2._http.rate_limit.from_headers import HeaderBucket
from circleci_v2._http.rate_limit.from_throughput import ThroughputEstimator
from circleci_v2.policies import RateLimit, RateLimitPolicy

__all__ = ["AdaptiveRateLimiter", "budget_for"]


class AdaptiveRateLimiter:
    """Runs two models side by side, one from headers and one from throughput, and follows one of them.

    CircleCI was observed to send the same ``remaining`` with every response. Such headers describe no budget, so they are
    followed only after ``remaining`` has changed, and never again after a request was rejected while they claimed that
    more than a tenth of the limit was left. Both models learn from every response, so that switching needs no warm-up.

    Args:
        policy: The reserve, and the concurrency before the first response.

    Attributes:
        follows_headers: Whether the headers are credible.
    """

    def __init__(self, policy: RateLimitPolicy) -> None:
        self._bucket = HeaderBucket(reserve=policy.reserve)
        self._throughput = ThroughputEstimator(initial=policy.initial)
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
        self._throughput.accepted(reservation)

    def rejected(self, reservation: Reservation, now: float, limit: RateLimit | None, pause: float) -> None:
        """Learn from a 429."""
        if limit is not None and limit.remaining > max(1, limit.limit // 10):
            self._contradicted = True
            self.follows_headers = False
        self._bucket.rejected(reservation, now, limit, pause)
        self._throughput.rejected(reservation, now, pause)

    def lost(self, reservation: Reservation, now: float) -> None:  # noqa: ARG002 - the protocol
        """Learn that a request ended without a response."""
        self._bucket.lost()
        self._throughput.lost()


def budget_for(policy: RateLimitPolicy) -> Budget:
    """Return the budget of a bucket that nothing is known about yet."""
    return AdaptiveRateLimiter(policy) if policy.enabled else UnlimitedBudget()
