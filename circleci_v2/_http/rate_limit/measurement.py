"""Measurements that ThroughputEstimator is made of: token buckets fitted to accepted requests, and random rejections.

No I/O and no clock; times are arguments.
"""

from __future__ import annotations

import math
from typing import Final

__all__ = ["MIN_SAMPLE", "BackgroundRejections", "Pacer", "Span"]

MIN_SAMPLE: Final = 20
"""Requests from which a measured rate is precise enough to be relied on: its error is then about 5 %, one in twenty."""

# Times that a span stores. When it is full, every second one is dropped: more than 200 points determine a line well.
_MAX_TIMES: Final = 400
# The largest share of rejections that is taken to be independent of the rate; beyond it, sending less is right anyway.
_MAX_SHARE: Final = 0.10
# Requests over which the share is averaged: 1 % of them are 20 rejections.
_SHARE_WINDOW: Final = 2000.0
# Below one in a thousand, the share is taken for past.
_MIN_SHARE: Final = 0.001
# CUSUM: rejections are expected at this multiple of the share, and this many more than that are too many. Halfway between
# the share and twice the share is the standard choice to detect a doubling. With 4 instead of 6, one of twenty simulated
# runs of 5,000 requests with random rejections took three times as long as without pacing.
_DRIFT: Final = 1.5
_MAX_SURPLUS: Final = 6.0
# The same while no share is known: up to 10 % is waited for, but not for more than 5 rejections.
_ASSUMED_SHARE: Final = 0.10
_MAX_ASSUMED_SURPLUS: Final = 2.0
_MAX_ASSUMED: Final = 5
# By definition: event loops count in milliseconds (the resolution of epoll's timeout), so timers fire up to that much
# late. Credit may accrue for twice that time. Without it, intended rates of 2,000 requests per second became 1,000.
_TIMER_SLACK: Final = 0.002


class Span:
    """The requests accepted since a token bucket was last known to be empty, and the bucket that fits them.

    In any interval, a token bucket accepts at most ``burst + refill * seconds`` requests; and exactly that many from the
    last moment when it was full to the moment when it is empty. So with one of the two numbers known, a rejection tells
    the other: it is the largest that any interval up to the rejection requires.

    Args:
        began_at: When the first request of the span may have been sent.

    Attributes:
        accepted: The number of accepted requests.
        rejected: The number of rejected requests that were not taken for a sign of a limit.
        stored: Tokens that the bucket was expected to hold at the start.
    """

    def __init__(self, began_at: float) -> None:
        self.began_at = began_at
        self.accepted = 0
        self.rejected = 0
        self.stored = 0.0
        self._times: list[float] = []
        self._stride = 1

    def add(self, sent_at: float) -> None:
        """Count an accepted request."""
        self.accepted += 1
        if self.accepted % self._stride == 0:
            self._times.append(sent_at)
            if len(self._times) > _MAX_TIMES:
                self._times = self._times[1::2]
                self._stride *= 2

    def burst(self, refill: float, until: float) -> float:
        """Return the burst of a bucket with that refill rate which is empty at `until`, at least 1."""
        required = (number - refill * seconds for number, seconds in self._intervals(until))
        return max(1.0, max(required, default=1.0))

    def refill(self, burst: float, until: float) -> float:
        """Return the refill rate of a bucket with that burst which is empty at `until`."""
        rates = [self.mean_rate(until)]
        for number, seconds in self._intervals(until):
            # In short intervals, the error of the burst would dominate.
            if number < max(MIN_SAMPLE, 3 * burst) or not seconds:
                break
            rates.append((number - burst) / seconds)
        return max(rates)

    def mean_rate(self, until: float) -> float:
        """Return the rate of all requests up to `until`; infinite if they were sent at one moment."""
        # One more, because the request that is rejected would have been the next one.
        return (self.accepted + 1) / (until - self.began_at) if until > self.began_at else math.inf

    def recent_rate(self, until: float) -> float:
        """Return the rate of the last requests; infinite if they were sent at one moment."""
        count = min(len(self._times), max(1, MIN_SAMPLE // self._stride))
        seconds = until - self._times[-count] if count else 0.0
        return count * self._stride / seconds if seconds > 0 else math.inf

    def _intervals(self, until: float) -> list[tuple[int, float]]:
        """Return the number of requests and the length of the intervals up to `until`, the longest first."""
        count = len(self._times)
        return [((count - index) * self._stride, until - sent_at) for index, sent_at in enumerate(self._times)]


class BackgroundRejections:
    """The share of requests that a server rejects whatever their rate, and a test of whether rejections exceed it.

    The test is a CUSUM chart (Page, "Continuous Inspection Schemes", Biometrika 41, 1954): it sums the rejections beyond
    those expected, never below zero, and responds once the sum is too large. So a share that doubles is noticed after a
    few rejections, however long it was as expected before.
    """

    def __init__(self) -> None:
        self._rejected = 0.0
        self._total = 0.0
        self._surplus = 0.0

    @property
    def share(self) -> float:
        """The share; 0 if none is known."""
        return min(_MAX_SHARE, self._rejected / self._total) if self._rejected else 0.0

    def is_plausible(self, rejected: int, total: int) -> bool:
        """Return whether that many rejections may be independent of the rate."""
        return rejected <= _MAX_SHARE * total

    def learn(self, rejected: int, total: int) -> None:
        """Add requests of which none were sent faster than a limit allows."""
        self._rejected += rejected
        self._total += total
        self._surplus = 0.0

    def accept(self, *, learn: bool) -> None:
        """Count an accepted request.

        Args:
            learn: Whether the rate is below any limit, so that rejections are independent of it.
        """
        share = self.share
        self._surplus = max(0.0, self._surplus - _DRIFT * (share or _ASSUMED_SHARE))
        if share and learn:
            self._total += 1
            if self._total > _SHARE_WINDOW:
                self._total /= 2
                self._rejected /= 2
            if self.share < _MIN_SHARE:
                self._rejected = self._total = 0.0

    def explains(self, *, learn: bool) -> bool:
        """Return whether one more rejection is no more than expected, and count it.

        Args:
            learn: Whether the rate is below any limit, so that rejections are independent of it.
        """
        if not self._rejected:
            return False
        self._surplus += 1 - _DRIFT * self.share
        if self._surplus > _MAX_SURPLUS:
            self._surplus = 0.0
            return False
        if learn:
            self._total += 1
            self._rejected += 1
        return True

    def may_explain(self, rejected: int) -> bool:
        """Return whether one more rejection may turn out to be independent of the rate, while no share is known.

        Args:
            rejected: The number of earlier rejections for which this was true.
        """
        if self._rejected:
            return False
        self._surplus += 1 - _DRIFT * _ASSUMED_SHARE
        return self._surplus < _MAX_ASSUMED_SURPLUS and rejected + 1 < _MAX_ASSUMED


class Pacer:
    """Spaces requests at a rate: credit for them accrues with time up to a maximum, as in a token bucket."""

    def __init__(self) -> None:
        self._credit = 1.0
        self._max_credit = 1.0
        self._at = -math.inf

    def restart(self, at: float, *, credit: float, max_credit: float) -> None:
        """Begin at a time, with credit for that many requests, and a maximum for what accrues later."""
        self._at, self._credit, self._max_credit = at, credit, max_credit

    def ready_at(self, now: float, rate: float) -> float:
        """Return when the next request may be sent at a rate."""
        missing = 1.0 - self._credit_at(now, rate)
        # A smaller part of a request is a rounding error, and `now` plus its duration may equal `now`.
        return now if missing <= 1e-9 else now + missing / rate

    def spend(self, now: float, rate: float) -> None:
        """Spend the credit for a request that is sent now."""
        self._credit = self._credit_at(now, rate) - 1
        self._at = max(now, self._at)

    def _credit_at(self, now: float, rate: float) -> float:
        if now <= self._at or self._at == -math.inf:
            return self._credit
        limit = max(self._max_credit, self._credit, 1.0 + rate * _TIMER_SLACK)
        return min(limit, self._credit + rate * (now - self._at))
