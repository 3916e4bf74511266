"""ThroughputEstimator: estimates the rate limit from accepted throughput when no headers are sent.

The idea is delivery-rate estimation, as in BBR congestion control (Cardwell et al., "BBR: Congestion-Based Congestion
Control", ACM Queue 14(5), 2016): the rate to send at is the rate at which the other side accepted requests. Requests
are spaced at that rate rather than sent in bursts, so that too high a rate is noticed within a round trip, after few
rejections.

1. Before the first rejection, the rate starts high and rises with each accepted request.
2. From one rejection to the next, a token bucket goes from empty to empty, so the requests accepted in between were
   paid for by exactly the tokens added in between. Their number divided by the seconds is the rate from then on, less
   a safety factor.
3. Between rejections the rate grows, slowly, to find out whether the limit has been raised.

Credit for requests accrues at the rate and is capped, like the tokens of a bucket.

None of the constants is derived: unless a comment says otherwise, they are guesses that were adjusted by trial against
the simulated servers of ``tests/http/limited.py`` and ``benchmarks/ratelimit.py``. Most are not critical: halving or
doubling one changes the simulated time by at most 4 %, except where noted.
"""

from __future__ import annotations

import math
from typing import Final

from circleci_v2._http.rate_limit.budget import Reservation

__all__ = ["ThroughputEstimator"]

# Requests per second at the start. Measured with benchmarks/ratelimit.py: starting at 2,200 ran into 65 rejections at the
# first unannounced limit, 1,000 into 35, and 1,000 requests of 50 ms then took 1.36 times the ideal time.
_INITIAL_RATE: Final = 1000.0
# Additional requests per second for each accepted request before the first rejection: after a hundred, thousands may pass.
_RAMP_UP: Final = 10.0
# More requests per second than one process makes over a network before its CPU is the limit.
_MAX_RATE: Final = 2200.0
# Requests in flight below which the rate does not apply before the first rejection: sequential callers need no pacing.
_UNPACED_IN_FLIGHT: Final = 4
# By definition: event loops count in milliseconds (the resolution of epoll's timeout), so timers fire up to that much
# late. Credit may accrue for twice that time. Without it, intended rates of 2,000 requests per second became 1,000, and the
# jobs above took 1.85 times the ideal time instead of 1.30.
_TIMER_SLACK: Final = 0.002
# One request per minute: below that, the estimate would recover too slowly from an error.
_MIN_RATE: Final = 1 / 60
# The fraction of the measured rate that is used, so that rejections remain rare.
_SAFETY_FACTOR: Final = 0.96
# Growth of the logarithm of the rate: quadratic in the seconds since the last rejection once the rate was measured, and
# linear, but faster, while it is a guess. Quadratic, because a fresh measurement deserves hardly any growth.
# The second is critical: halved, a simulated limit of 200/s with a burst of 50 takes 1.7 times the ideal time instead of
# 2.3, and 30 rejections in 1,000 instead of 110; limits of 5/s and 50/s hardly change.
_GROWTH: Final = 0.001
_GUESS_GROWTH: Final = 0.4
# Growth ends after this many seconds, before `math.exp` overflows; a measured rate has grown by a factor of 37 by then.
_MAX_GROWTH_SECONDS: Final = 60.0
# Seconds: a rejection sooner after a cooldown says nothing about the rate, only about the tokens stored meanwhile.
_MIN_INTERVAL: Final = 0.5


class ThroughputEstimator:
    """A rate, measured from rejection to rejection.

    Args:
        initial: How many requests may be in flight before the first response.
    """

    def __init__(self, *, initial: int) -> None:
        self._initial = initial
        self._in_flight = 0
        self._has_response = False
        self._first_sent_at: float | None = None
        # The rate at `_rate_at`, and whether it was measured rather than guessed.
        self._rate = _INITIAL_RATE
        self._rate_at = 0.0
        self._is_measured = False
        self._credit = 1.0
        self._credit_at = -math.inf
        self._max_credit = 1.0
        # The number of tokens that the bucket was seen to store during a cooldown.
        self._capacity = math.inf
        # The interval that began with the latest rejection: when its request was sent, and when the response arrived.
        self._interval_at: float | None = None
        self._rejected_at = -math.inf
        self._accepted = 0

    def ready_at(self, now: float) -> float:
        """Return when the next request may be sent."""
        if not self._has_response and self._in_flight >= self._initial:
            return math.inf
        if self._interval_at is None and self._in_flight < _UNPACED_IN_FLIGHT:
            return now
        missing = 1.0 - self._current_credit(now)
        return now if missing <= 0 else now + missing / self._current_rate(now)

    def reserve(self, now: float) -> None:
        """Spend credit for a request that is sent now."""
        self._credit = self._current_credit(now) - 1
        self._credit_at = now
        self._in_flight += 1
        if self._first_sent_at is None:
            self._first_sent_at = now

    def accepted(self, reservation: Reservation) -> None:
        """Count an accepted request."""
        self._in_flight -= 1
        self._has_response = True
        if reservation.sent_at >= self._rejected_at:
            self._accepted += 1

    def rejected(self, reservation: Reservation, now: float, pause: float) -> None:
        """Measure the rate since the last rejection, and begin a new interval."""
        self._in_flight -= 1
        self._has_response = True
        if reservation.sent_at < self._rejected_at:
            # Sent before the last rejection was known: another symptom of the same empty bucket.
            return
        if self._interval_at is None:
            self._guess(reservation, pause)
        elif reservation.sent_at - self._rate_at < _MIN_INTERVAL:
            # Rejected while spending the credit of the cooldown, so the bucket stores no more than was accepted. Either
            # it was full before the cooldown ended, or the rate is too high: take the geometric mean of both readings.
            self._capacity = max(1.0, self._accepted)
            self._rate = math.sqrt(self._rate * self._capacity / (reservation.sent_at - self._interval_at))
        else:
            self._measure(reservation, self._interval_at)
        self._rate = max(self._rate, _MIN_RATE)
        # Tokens added during the cooldown can be spent after it; half of them while the rate is a guess.
        stored = min(self._capacity, self._rate * pause * (1.0 if self._is_measured else 0.5))
        self._max_credit = max(1.0, self._rate * max(1.0, pause))
        self._credit, self._credit_at = stored, now + pause
        self._rate_at = now + pause
        self._interval_at = reservation.sent_at
        self._rejected_at = now
        self._accepted = 0

    def lost(self) -> None:
        """Count a request that ended without a response."""
        self._in_flight -= 1
        self._has_response = True

    def _guess(self, reservation: Reservation, pause: float) -> None:
        # The tokens of the first burst were stored over an unknown time; the cooldown is the only hint at it.
        sent_for = reservation.sent_at - (self._first_sent_at or reservation.sent_at)
        self._rate = _SAFETY_FACTOR * max(1, self._accepted) / (sent_for + max(pause, _MIN_INTERVAL))

    def _measure(self, reservation: Reservation, interval_at: float) -> None:
        if not self._accepted:
            # Nothing was accepted, so nothing was measured; a rate of zero would mean to wait for a minute.
            self._rate /= 2
            return
        self._rate = _SAFETY_FACTOR * self._accepted / (reservation.sent_at - interval_at)
        self._is_measured = True

    def _current_rate(self, now: float) -> float:
        if self._interval_at is None:
            return min(_MAX_RATE, self._rate + _RAMP_UP * self._accepted)
        # Bounded before the exponentiation: a day without a request would overflow a float.
        seconds = min(max(0.0, now - self._rate_at), _MAX_GROWTH_SECONDS)
        growth = _GROWTH * seconds * seconds if self._is_measured else _GUESS_GROWTH * seconds
        return min(_MAX_RATE, self._rate * math.exp(growth))

    def _current_credit(self, now: float) -> float:
        if self._credit_at == -math.inf:
            return self._credit
        seconds = now - self._credit_at
        if seconds <= 0:
            return self._credit
        rate = self._current_rate(now)
        cap = max(self._max_credit, self._credit, 1.0 + rate * _TIMER_SLACK)
        return min(cap, self._credit + rate * seconds)
