"""HeaderBucket: a local mirror of CircleCI's token bucket, kept in step by the rate-limit headers of responses.

The ``remaining`` of a response describes the moment at which its request was counted; since then, more requests were
sent and tokens were added. So the model describes the bucket as seen from the sender: each request that is sent takes
one token, and time adds tokens at the measured rate. Each reservation stores the level after it was sent. When its
response arrives, the difference between ``remaining`` and that level (adjusted by the corrections applied meanwhile)
is the error of the model, and is added to the current level. The round-trip time does not enter into it.

The rate follows from a conservation law: ``remaining`` plus the number of requests sent grows only by the tokens that
were added. So the rate is the slope of that sum over time. Requests by others with the same API token show up as a lower
rate.

A limit that counts in fixed windows adds no tokens within a window; its rate is zero, and when the bucket is empty the
next request waits for the announced reset.

None of the constants below comes from CircleCI, which publishes no rates. Unless a comment says otherwise, a value was
chosen by trial against the simulated servers of ``tests/http/limited.py``; ``tests/http/test_adaptive.py`` holds the
bounds on time and rejections. The values are not optimal, and few are critical: halving or doubling any one of them
changes the simulated time by at most 10 %, and the rejections by at most 6 in 1,000, except where noted.
"""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from collections import deque
from typing import Final

from circleci_v2.policies import RateLimit

__all__ = ["HeaderBucket", "Reservation"]

# The interval that the rate is measured over: it covers at least this many seconds, and this many added tokens.
_RATE_WINDOW_SECONDS: Final = 2.0
_RATE_WINDOW_TOKENS: Final = 10
# Seconds from the last request to a probe, which finds out whether tokens are added at all.
_PROBE_INTERVAL: Final = 0.05
_MAX_PROBE_INTERVAL: Final = 30.0
# 0.05 s, doubled ten times, exceeds 30 s; windows show thousands of responses without added tokens.
_MAX_PROBE_DOUBLINGS: Final = 10
# Requests that may be in flight regardless of the level. With one, every round trip would be idle time: 1.24 times the
# ideal time for fixed windows instead of 1.13.
_MIN_IN_FLIGHT: Final = 2
# The same where several processes reserve requests ahead: each of a few needs one, before the rate is known.
_MIN_RESERVED_AHEAD: Final = 8
# Seconds between requests that are taken for sent together.
_SAME_MOMENT: Final = 0.005
# Far more reservations than there are between the first request in flight and the last one.
_MAX_WITHOUT_TOKEN: Final = 1024
# The fraction of the limit from which the bucket counts as full. Below 1, because requests overtake each other.
_FULL_FRACTION: Final = 0.9
# Additive increase of the requests in flight, per response that shows a full bucket.
_IN_FLIGHT_INCREMENT: Final = 0.25
# Multiplicative increase of the rate, per response that shows a full bucket where the model expected less than half.
# Critical: with 1.2, a limit of 50/s with a burst of 10 takes 1.33 times the ideal time instead of 1.13.
_RATE_INCREASE: Final = 1.1
# How much the minimum round-trip time grows per response, so that a route that became slower is noticed. BBR instead lets
# its minimum expire after 10 s (draft-ietf-ccwg-bbr, RTprop); a decay needs no timestamps.
_RTT_DECAY: Final = 1.001
# The weight of a response in the moving average of lateness; TCP smooths its RTT with 1/8 (RFC 6298).
_LATENESS_GAIN: Final = 0.1
# The error margin is the largest recent overestimate of the level; it shrinks by 0.4 % per response. With 1 %, one of eight
# runs of 1,000 requests against a token bucket met a rejection, and now one of sixty.
_MARGIN_DECAY: Final = 0.996
_INITIAL_ERROR_MARGIN: Final = 3.0
# By definition: CircleCI announces resets in whole seconds, so 0 means "within a second".
_MIN_RESET: Final = 1.0
# Seconds after the announced reset. Without them, a client whose timing always falls just before the reset never gets in;
# halved, fixed windows take 1.19 times the ideal time instead of 1.13.
_RESET_SLACK: Final = 0.02


class Reservation:
    """One request that was counted against a budget.

    Args:
        sent_at: When it was sent, by the clock of the limiter.
        number: The position of the request among those of the budget, from 1.

    Attributes:
        level: The number of requests that the budget expected to be left after it.
        corrections: The sum of the budget's corrections when it was sent.
    """

    __slots__ = ("corrections", "level", "number", "sent_at")

    def __init__(self, sent_at: float, number: int) -> None:
        self.sent_at = sent_at
        self.number = number
        self.level = 0.0
        self.corrections = 0.0


class HeaderBucket:
    """A token bucket, mirrored from the headers of responses.

    Args:
        reserve: The number of requests to leave to others and to interactive calls.
        ahead: Seconds between a reservation and the report of its response, besides the round trip. Default: 0.
    """

    def __init__(self, *, reserve: int, ahead: float = 0.0) -> None:
        self._reserve = reserve
        self._ahead = ahead
        self._limit = math.inf
        # The level at `_level_at`, and the sum of all corrections to it.
        self._level = 0.0
        self._level_at = 0.0
        self._corrections = 0.0
        self._rate = 0.0
        # Pairs of (time, tokens added until then).
        self._samples: deque[tuple[float, float]] = deque()
        self._in_last_sample = 0
        # The numbers of the reservations that took no token, because they were rejected or never sent; of the oldest, how
        # many there were.
        self._without_token: list[int] = []
        self._forgotten_without_token = 0
        self._in_flight = 0
        self._last_sent_at = -math.inf
        self._error_margin = _INITIAL_ERROR_MARGIN
        self._min_round_trip = math.inf
        self._lateness = 0.0
        self._mean_lateness = 0.0
        self._reset_at = -math.inf
        self._probes_without_refill = 0
        # After a rejection, one request at a time until one is accepted.
        self._must_probe = False
        # The most requests in flight since the last rejection: one more for each that was accepted (slow start).
        self._window = math.inf
        # Additional requests in flight, because the bucket stays full.
        self._extra_in_flight = 0.0

    @property
    def rate(self) -> float:
        """Tokens added per second."""
        return self._rate

    @property
    def is_learning(self) -> bool:
        """Whether the rate is unknown, or a probe is in flight."""
        return not self._rate or self._must_probe

    def level(self, now: float) -> float:
        """Return the estimated number of tokens."""
        return min(self._limit, self._level + self._rate * (now - self._level_at))

    def ready_at(self, now: float, *, interactive: bool) -> float:
        """Return when the next request may be sent."""
        if self._in_flight and (self._must_probe or self._in_flight >= self._max_in_flight(now)):
            return math.inf
        if self._must_probe:
            return now
        level = self.level(now)
        missing = self._required_level(interactive=interactive) - level
        if missing <= 0:
            return now
        refilled_at = now + missing / self._rate if self._rate else math.inf
        if self._in_flight and level < 1:
            return refilled_at
        return max(now, min(refilled_at, self._probe_at(now)))

    def _max_in_flight(self, now: float) -> float:
        # A third of the level, because other clients may have read the same number, less the error margin; plus the
        # tokens that are added during 1.5 round trips. The factors are guesses.
        spare = (self.level(now) + self._in_flight - self._error_margin) / 3
        allowed = max(_MIN_IN_FLIGHT, spare) + 1.5 * self._rate * min(self._min_round_trip, 10.0)
        allowed = min(allowed + self._extra_in_flight, self._window)
        if not self._ahead:
            return allowed
        # Requests that are reserved ahead are not in flight yet, and those whose responses are not reported not any more.
        return max(_MIN_RESERVED_AHEAD, allowed) + self._rate * self._ahead

    def _required_level(self, *, interactive: bool) -> float:
        # A late request is overtaken by those that the rate allows meanwhile. A quarter of the limit is the most that a
        # small bucket can spare.
        reordering = 2 * self._rate * self._mean_lateness
        margin = max(self._error_margin, reordering) + (0 if interactive else self._reserve)
        return 1.0 + min(margin, self._limit / 4)

    def _probe_at(self, now: float) -> float:
        """Return when to send a request to find out whether tokens were added, with exponential backoff."""
        interval = max(_PROBE_INTERVAL, 2 * self._min_round_trip) * 2.0**self._probes_without_refill
        probe_at = self._last_sent_at + min(interval, _MAX_PROBE_INTERVAL)
        if self.level(now) >= 1 or self._reset_at == -math.inf:
            return probe_at if self._reset_at <= self._last_sent_at else min(probe_at, self._reset_at)
        # The bucket is empty, so a probe before the reset would be rejected.
        return self._reset_at

    def reserve(self, reservation: Reservation, now: float) -> None:
        """Take a token for a request that is sent now."""
        self._level = self.level(now) - 1
        self._level_at = now
        self._in_flight += 1
        self._last_sent_at = now
        reservation.level, reservation.corrections = self._level, self._corrections

    def accepted(self, reservation: Reservation, now: float, limit: RateLimit | None) -> None:
        """Correct the model by a response."""
        self._in_flight -= 1
        self._must_probe = False
        self._window += 1.0
        if limit is None:
            return
        self._measure_round_trip(now - reservation.sent_at)
        self._update_reset(reservation, limit)
        self._measure_rate(reservation, limit)
        self._correct_level(reservation, limit)

    def rejected(self, reservation: Reservation, now: float, limit: RateLimit | None, pause: float) -> None:
        """Set the level to zero, and probe with a single request after the pause."""
        self._in_flight -= 1
        self._add_without_token(reservation)
        if limit is not None:
            self._limit = limit.limit
            self._update_reset(reservation, limit)
        self._level, self._level_at = min(0.0, self._level), now + pause
        self._error_margin = min(self._error_margin + 1.0, self._limit / 4)
        self._must_probe = True
        self._window = 1.0

    def lost(self) -> None:
        """Count a request without a response as one that took a token."""
        self._in_flight -= 1
        self._must_probe = False

    def unused(self, reservation: Reservation) -> None:
        """Take back a reservation whose request was never sent; the level follows with the next response."""
        self._in_flight -= 1
        self._add_without_token(reservation)

    def _add_without_token(self, reservation: Reservation) -> None:
        insort(self._without_token, reservation.number)
        if len(self._without_token) > _MAX_WITHOUT_TOKEN:
            self._forgotten_without_token += _MAX_WITHOUT_TOKEN // 2
            del self._without_token[: _MAX_WITHOUT_TOKEN // 2]

    def _tokens_taken(self, number: int) -> int:
        """Return how many of the reservations up to a number took a token; later ones may have been taken back already."""
        return number - self._forgotten_without_token - bisect_right(self._without_token, number)

    def restart(self, now: float, level: float) -> None:
        """Begin with a known level and nothing in flight, after a time in which others sent an unknown number of requests."""
        self._level, self._level_at = min(level, self.level(now)), now
        self._in_flight = 0
        self._must_probe = False
        self._samples.clear()

    def _measure_round_trip(self, round_trip: float) -> None:
        self._min_round_trip = min(self._min_round_trip * _RTT_DECAY, round_trip)
        self._lateness = round_trip - self._min_round_trip
        self._mean_lateness += _LATENESS_GAIN * (self._lateness - self._mean_lateness)

    def _correct_level(self, reservation: Reservation, limit: RateLimit) -> None:
        # `remaining` is rounded down, so the true level lies between it and one more. If this response was late, its
        # request may have been counted late, with tokens added meanwhile; those do not count for later requests.
        lowest = limit.remaining - self._rate * self._lateness
        expected = self._expected_level(reservation)
        error = max(lowest - expected, 0.0) or min(limit.remaining + 1 - expected, 0.0)
        if self._limit != math.inf:
            self._error_margin = max(self._error_margin * _MARGIN_DECAY, -error)
        self._limit = limit.limit
        self._corrections += error
        self._level += error

    def _expected_level(self, reservation: Reservation) -> float:
        """Return the level after a request, with all corrections since."""
        return reservation.level + self._corrections - reservation.corrections

    def _measure_rate(self, reservation: Reservation, limit: RateLimit) -> None:
        """Update the rate from the conservation law: tokens added = tokens left + tokens taken."""
        added = limit.remaining + self._tokens_taken(reservation.number)
        sent_at = reservation.sent_at
        if self._ahead and self._samples and abs(sent_at - self._samples[-1][0]) < _SAME_MOMENT:
            # Many requests of several processes are sent together, and overtake each other: only their mean is right.
            last_at, last = self._samples[-1]
            self._in_last_sample += 1
            self._samples[-1] = last_at, last + (added - last) / self._in_last_sample
            return
        if self._samples and sent_at <= self._samples[-1][0]:
            return
        self._in_last_sample = 1
        if limit.remaining >= _FULL_FRACTION * limit.limit - 1:
            self._restart_measurement(reservation, limit, added)
            # A full bucket discards tokens and so hides its rate: send more until the level falls.
            self._extra_in_flight += _IN_FLIGHT_INCREMENT
        elif limit.remaining < limit.limit / 2:
            self._extra_in_flight = 0.0
        self._samples.append((sent_at, added))
        first_at, first = self._samples[0]
        while len(self._samples) > 2 and self._is_long_enough(self._samples[1], sent_at, added):
            self._samples.popleft()
            first_at, first = self._samples[0]
        seconds = sent_at - first_at
        if seconds >= _PROBE_INTERVAL:
            # Both ends are rounded down to whole tokens; half a token is the mean error of the difference.
            self._rate = max(0.0, (added - first - 0.5) / seconds)
            refills = self._rate > 0
            self._probes_without_refill = 0 if refills else min(self._probes_without_refill + 1, _MAX_PROBE_DOUBLINGS)

    def _restart_measurement(self, reservation: Reservation, limit: RateLimit, added: float) -> None:
        """Discard the samples, since the bucket was full; raise the rate if the model did not expect that."""
        if self._samples and self._expected_level(reservation) < limit.limit / 2:
            last_at, last = self._samples[-1]
            if self._rate:
                self._rate *= _RATE_INCREASE
            elif not self._probes_without_refill:
                # With earlier probes that found no refill, this would be the reset of a window instead. Rejected
                # requests were counted as taken, and may outnumber the added tokens; hence the maximum.
                self._rate = max(0.0, added - last) / max(reservation.sent_at - last_at, _PROBE_INTERVAL)
        self._samples.clear()
        self._probes_without_refill = 0

    @staticmethod
    def _is_long_enough(sample: tuple[float, float], sent_at: float, added: float) -> bool:
        return sent_at - sample[0] >= _RATE_WINDOW_SECONDS and added - sample[1] >= _RATE_WINDOW_TOKENS

    def _update_reset(self, reservation: Reservation, limit: RateLimit) -> None:
        if limit.reset is None:
            return
        announced = reservation.sent_at + max(limit.reset, _MIN_RESET) + _RESET_SLACK
        is_past = self._reset_at <= reservation.sent_at or self._was_reset(reservation, limit)
        self._reset_at = announced if is_past else min(self._reset_at, announced)

    def _was_reset(self, reservation: Reservation, limit: RateLimit) -> bool:
        """Whether a new window began before this request, so that an earlier announcement is about the previous one."""
        return not self._rate and limit.remaining - self._expected_level(reservation) > limit.limit / 10
