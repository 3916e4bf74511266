"""ThroughputEstimator: estimates the rate limit from accepted and rejected requests when no headers are sent.

A server is taken for a token bucket, which is empty when it rejects a request; and some servers also reject a share of
all requests whatever their rate, for example while they are overloaded. Only another rate can distinguish the two: a limit
rejects nothing below it, and that share remains. So the estimator is in one of three phases:

1. **Search**, while no limit is known. The rate doubles every few requests, and the requests in flight grow as in TCP's
   slow start. When requests are rejected, sending stops for a round trip (or for the time in ``Retry-After``). Then the
   token bucket that fits all accepted requests is computed (`measurement.Span`).
2. **Trial**, if the rejections may be independent of the rate. Requests are sent at 70 % of the measured rate, as many as
   would meet such a rejection with a probability of 95 %. If one is rejected, the share is independent of the rate, and is
   known from then on (`measurement.BackgroundRejections`): the search continues at the last good rate. If none is, the
   measured rate is a limit. This is the comparison of loss at two rates that congestion control with BBR relies on
   (https://datatracker.ietf.org/doc/draft-ietf-ccwg-bbr/). A trial is not needed if most requests of a round trip
   were rejected, or if the rate is that of an earlier measurement: random rejections do not agree with each other.
3. **Cruise** at the limit. The rate follows the cubic function of CUBIC (RFC 9438): it begins at 96 % of the limit, rises
   quickly to just below it, stays there, and then rises ever faster until requests are rejected and the limit is measured
   again.

None of the constants is derived: unless a comment says otherwise, they are guesses that were adjusted by trial against
the simulated servers of ``tests/http/limited.py``; ``tests/http/test_adaptive.py`` holds the bounds.
"""

from __future__ import annotations

import copy
import math
from typing import Final

from circleci_v2._http.rate_limit.measurement import MIN_SAMPLE, BackgroundRejections, Pacer, Span

__all__ = ["STATE_CLASSES", "ThroughputEstimator"]

# Requests per second at the start, and the accepted requests after which the rate begins to double, and doubles. Starting
# at 2,200 ran into 65 rejections at the first unannounced limit of benchmarks/ratelimit.py.
_INITIAL_RATE: Final = 850.0
# The same for several processes: their reports take longer than responses, and all requests until then may be rejected.
_INITIAL_SHARED_RATE: Final = 250.0
_STEADY_REQUESTS: Final = 50
_DOUBLING_REQUESTS: Final = 50
# The same once a share of rejections is known that is independent of the rate: it hides a limit for a while.
_CAREFUL_DOUBLING_REQUESTS: Final = 150
# Afterwards a float is still far from overflowing, and `_MAX_RATE` was reached long before.
_MAX_DOUBLINGS: Final = 10
# More requests per second than one process makes over a network before its CPU is the limit.
_MAX_RATE: Final = 2200.0
# One request per minute: below that, the estimate would recover too slowly from an error.
_MIN_RATE: Final = 1 / 60
# Requests in flight below which the rate does not apply during the search: sequential callers need no pacing.
_UNPACED_IN_FLIGHT: Final = 4
# Additional requests in flight per accepted request: each round trip triples them; TCP's slow start doubles them.
_SLOW_START: Final = 2
# Seconds without sending after rejections without a `Retry-After`, at most; doubled while nothing is accepted.
_MAX_HOLD: Final = 1.0
# A round trip in which this share of at least this many requests was rejected exceeded a limit: with a random 5 %, a
# round trip of five requests shows that with a probability of 2 %, and one of twenty practically never.
_OVERLOAD_SHARE: Final = 0.3
_OVERLOAD_REQUESTS: Final = 5
# The rate of a trial, relative to the measured one; and the most requests that it takes.
_TRIAL_FRACTION: Final = 0.7
_MAX_TRIAL_REQUESTS: Final = 300
# "Rule of three": what happens in a share of 1/n of all cases happens at least once in 3 n cases, with a probability of 95 %.
_RULE_OF_THREE: Final = 3
# The fraction of an earlier measurement from which another one agrees with it.
_AGREEMENT: Final = 0.93
# The rate just after a measurement, relative to the limit.
_CRUISE: Final = 0.96
# Seconds from a measurement to the middle of the plateau, where the rate is that of the limit.
_PLATEAU: Final = 4.0
_MIN_PLATEAU: Final = 0.5
# After as many plateaus, the rate has grown by a factor of 30,000.
_MAX_PLATEAUS: Final = 91.0
# A cooldown in which the bucket overflows costs time: the plateau lasts this many times as long as the time lost.
_PLATEAU_PER_LOSS: Final = 15.0
# Rejections among this multiple of the requests that were stored during a cooldown mean that fewer were stored.
_STORED_REQUESTS: Final = 3
# By trial: the joint fit of refill and burst changes by less than 1 % after as many rounds.
_FIT_ROUNDS: Final = 3
# The fraction of the measured burst that is relied on. With all of it, a limit of 50/s with a burst of 10 and 200 ms latency
# took 1.18 times the ideal time on a busy machine instead of 1.12: the requests after a cooldown were rejected again.
_BURST_FRACTION: Final = 0.8
# A rate that was accepted until it was this many times the fitted one does not come from a token bucket, but for example
# from a fixed window: the limit is in between, and as uncertain as if measured with few requests.
_FAR: Final = 1.5
_GUESS_PRECISION: Final = 5


class _Limit:
    """A measured limit.

    Args:
        rate: Requests per second.
        precision: The number of accepted requests that it was measured with.

    Attributes:
        plateau: Seconds until the rate reaches it again.
        age: Seconds of sending since.
    """

    def __init__(self, rate: float, precision: int) -> None:
        self.rate = rate
        self.precision = precision
        self.plateau = _PLATEAU
        self.age = 0.0

    @property
    def is_below(self) -> bool:
        return self.age < self.plateau

    def current(self) -> float:
        """Return the rate to send at: a cubic function of the age."""
        # Bounded before the exponentiation, so that no float overflows.
        plateaus = min(self.age / self.plateau, _MAX_PLATEAUS)
        return self.rate * (1 + (1 - _CRUISE) * (plateaus - 1) ** 3)


class _Trial:
    """Requests at a lower rate, which show whether rejections depend on it.

    Args:
        began_at: When the first one may be sent.
        rate: Requests per second.
        size: Their number.
        earlier: The number of requests whose rejections led to the trial.
        rejected: The number of those rejections.

    Attributes:
        accepted: The requests of the trial that were accepted.
    """

    def __init__(self, began_at: float, rate: float, *, size: int, earlier: int, rejected: int) -> None:
        self.began_at = began_at
        self.rate = rate
        self.size = size
        self.earlier = earlier
        self.rejected = rejected
        self.accepted = 0


class _Overload:
    """The requests that were in flight when a rejection arrived.

    Args:
        first_at: When the rejected one was sent.
        last_at: When the last one was sent.
        rate: The rate they were sent at.
        span: The requests before them.

    Attributes:
        accepted: How many of them were accepted.
        rejected: How many of them were rejected.
    """

    def __init__(self, first_at: float, last_at: float, rate: float, span: Span) -> None:
        self.first_at = first_at
        self.last_at = last_at
        self.rate = rate
        self.span = span
        self.accepted = 0
        self.rejected = 1

    @property
    def total(self) -> int:
        return self.accepted + self.rejected

    @property
    def is_certain(self) -> bool:
        """Whether random rejections cannot be the reason."""
        return self.total >= _OVERLOAD_REQUESTS and self.rejected >= _OVERLOAD_SHARE * self.total

    def search_rate(self) -> float:
        """Return the rate at which requests were accepted in the search: the burst was used up only now."""
        seconds = self.last_at - self.first_at
        is_measurable = self.total >= _OVERLOAD_REQUESTS and seconds > 0
        rate = (self.accepted + 1) / seconds if is_measurable else self.span.recent_rate(self.first_at)
        return min(rate, self.rate)


STATE_CLASSES: Final = (_Limit, _Trial, _Overload)
"""The classes that the state of a `ThroughputEstimator` is made of, besides those of ``measurement.py``."""


class ThroughputEstimator:
    """A token bucket, estimated from which requests are accepted and which are rejected.

    Args:
        initial: How many requests may be in flight before the first response.
        is_shared: Whether several processes share the estimator. Default: False.
    """

    def __init__(self, *, initial: int, is_shared: bool = False) -> None:
        self._initial = initial
        self._in_flight = 0
        self._max_in_flight = float(initial)
        self._last_sent_at = -math.inf
        self._pacer = Pacer()
        self._span = Span(-math.inf)
        # None before the first rejection.
        self._background: BackgroundRejections | None = None
        # In the search, neither of these; in a trial, both; when cruising, a limit only.
        self._limit: _Limit | None = None
        self._trial: _Trial | None = None
        self._search_rate = _INITIAL_SHARED_RATE if is_shared else _INITIAL_RATE
        # The last limit that was certain, and the highest rate without too many rejections.
        self._confirmed = _Limit(0.0, 0)
        self._good_rate = 0.0
        # The span that ended with the first rejection, and when: the only one that began with a full bucket.
        self._first_span: tuple[Span, float] | None = None
        self._burst = self._max_burst = math.inf
        # Requests sent before `_noticed_at` belong to `_overload`; the next one is sent at `_resume_at` or later.
        self._overload: _Overload | None = None
        self._noticed_at = -math.inf
        self._resume_at = -math.inf
        # Rejections in a row without an accepted request between them.
        self._fruitless = 0

    def ready_at(self, now: float) -> float:
        """Return when the next request may be sent."""
        if self._in_flight and self._in_flight >= self._max_in_flight:
            return math.inf
        if now < self._resume_at:
            return self._resume_at
        if self._limit is None and self._in_flight < _UNPACED_IN_FLIGHT:
            return now
        return self._pacer.ready_at(now, self.rate)

    def reserve(self, now: float) -> None:
        """Count a request that is sent now."""
        if self._overload is not None and now >= self._resume_at:
            overload, self._overload = self._overload, None
            self._judge(overload, now)
        if self._limit is not None or self._in_flight >= _UNPACED_IN_FLIGHT:
            rate = self.rate
            self._pacer.spend(now, rate)
            if self._limit is not None and self._trial is None:
                # Idle time shows nothing about the limit.
                self._limit.age += min(now - self._last_sent_at, 2 / rate)
        self._in_flight += 1
        self._last_sent_at = now

    def lost(self) -> None:
        """Count a request that ended without a response."""
        self._in_flight -= 1

    @property
    def is_learning(self) -> bool:
        """Whether no limit is known for sure, or one is being measured."""
        return self._limit is None or self._trial is not None or self._overload is not None

    def restart(self, now: float) -> None:
        """Begin with an empty bucket and nothing in flight, after a time in which others sent an unknown number of requests."""
        self._in_flight = 0
        self._span = Span(now)
        self._overload = self._trial = None
        self._stop_until(now)

    def accepted(self, sent_at: float) -> None:
        """Count an accepted request.

        Args:
            sent_at: When it was sent.
        """
        self._in_flight -= 1
        self._max_in_flight += _SLOW_START
        self._fruitless = 0
        if sent_at >= self._span.began_at:
            self._span.add(sent_at)
        if sent_at < self._noticed_at:
            if self._overload is not None and sent_at >= self._overload.first_at:
                self._overload.accepted += 1
            return
        if self._background is not None:
            self._background.accept(learn=self._is_below_limit)
        if self._trial is not None and sent_at >= self._trial.began_at:
            self._trial.accepted += 1
            if self._trial.accepted >= self._trial.size and self._limit is not None:
                # Nothing was rejected at the lower rate.
                self._trial, self._confirmed, self._limit.age = None, copy.copy(self._limit), 0.0

    def rejected(self, sent_at: float, now: float, pause: float) -> None:
        """Count a rejected request.

        Args:
            sent_at: When it was sent.
            now: The current time.
            pause: The seconds for which nothing is sent, as the server requested.
        """
        self._in_flight -= 1
        background = self._background = self._background or BackgroundRejections()
        trial = self._trial if self._trial is not None and sent_at >= self._trial.began_at else None
        if sent_at < self._noticed_at:
            if self._overload is not None and sent_at >= self._overload.first_at:
                self._overload.rejected += 1
        elif background.explains(learn=self._is_below_limit) or self._is_tolerable(background, pause):
            self._span.rejected += 1
        elif trial is not None and background.is_plausible(trial.rejected, trial.earlier + trial.accepted):
            background.learn(trial.rejected, trial.earlier + trial.accepted)
            self._resume_search(now)
        else:
            self._notice(sent_at, now, pause)
        if pause:
            self._stop_until(now + pause)

    def _is_tolerable(self, background: BackgroundRejections, pause: float) -> bool:
        """Return whether to wait for further rejections in the search before looking for a limit."""
        is_search = self._limit is None and self._span.accepted > 0
        # A server that requests a pause has a limit in mind.
        return is_search and not pause and background.may_explain(self._span.rejected)

    def _notice(self, sent_at: float, now: float, pause: float) -> None:
        """Stop sending, and take the requests in flight for a measurement."""
        span, self._noticed_at = self._span, now
        if not span.accepted:
            self._fruitless += self._overload is None
            self._max_in_flight = 1.0 if self._limit else float(self._initial)
        else:
            self._max_in_flight = max(self._initial, self._in_flight / 2 if self._limit else 0.0)
            self._overload = _Overload(sent_at, self._last_sent_at, self.rate, span)
            self._trial = None
            if self._limit is None or span.accepted >= MIN_SAMPLE:
                self._span = Span(sent_at)
        self._stop_until(now + max(pause, min(_MAX_HOLD, (now - sent_at) * 2.0 ** min(self._fruitless, 30))))

    def _stop_until(self, moment: float) -> None:
        self._resume_at = max(self._resume_at, moment)
        self._pacer.restart(self._resume_at, credit=1.0, max_credit=1.0)

    def _judge(self, overload: _Overload, now: float) -> None:
        """Measure the limit from rejections, and decide whether a trial is needed."""
        pause = self._resume_at - self._noticed_at
        self._good_rate = max(self._good_rate, self._confirmed.rate, overload.rate)
        stored, is_confirmed = 1.0, overload.is_certain
        if self._limit is None:
            self._limit = _Limit(max(_MIN_RATE, overload.search_rate()), overload.accepted)
            self._first_span, self._max_burst = (overload.span, overload.first_at), math.inf
            self._burst = overload.span.burst(self._limit.rate, overload.first_at)
        else:
            self._limit, is_known = self._measure(overload, self._limit)
            stored = max(1.0, min(_BURST_FRACTION * self._burst, _CRUISE * self._limit.rate * pause))
            is_confirmed = is_confirmed or is_known or self._agrees(self._limit)
        limit, rate = self._limit, self._limit.rate
        lost = pause - self._burst / rate
        limit.plateau = max(_PLATEAU, _PLATEAU_PER_LOSS * lost) * min(1.0, limit.precision / MIN_SAMPLE)
        limit.plateau = max(_MIN_PLATEAU, limit.plateau)
        self._pacer.restart(self._resume_at, credit=stored, max_credit=max(stored, rate * max(1.0, pause)))
        if self._span is not overload.span:
            self._span.stored = stored
        if not is_confirmed:
            self._begin_trial(overload, limit, now)
            return
        if overload.is_certain:
            # The rates before were too high.
            self._good_rate = 0.0
        if overload.is_certain or rate > self._confirmed.rate or self._confirmed.precision < MIN_SAMPLE:
            self._confirmed = copy.copy(limit)

    def _measure(self, overload: _Overload, previous: _Limit) -> tuple[_Limit, bool]:
        """Return the limit that fits the requests before a rejection, and whether it is the previous one."""
        span, until = overload.span, overload.first_at
        is_precise = previous.precision >= MIN_SAMPLE
        if is_precise and span.stored > 1 and span.accepted <= _STORED_REQUESTS * span.stored:
            # Rejected while what the bucket was expected to store was being spent, so it stores less.
            self._max_burst = max(1.0, _BURST_FRACTION * min(self._burst, span.burst(previous.rate, until)))
            self._burst = self._max_burst
            return _Limit(previous.rate, previous.precision), True
        if span.accepted < MIN_SAMPLE:
            return _Limit(max(_MIN_RATE, min(overload.rate, span.mean_rate(until))), span.accepted), False
        rate = span.refill(self._burst, until)
        if self._first_span is not None:
            first_span, first_until = self._first_span
            for _ in range(_FIT_ROUNDS):
                self._burst = min(self._max_burst, first_span.burst(rate, first_until))
                rate = span.refill(self._burst, until)
        if overload.rate > _FAR * rate:
            return _Limit(max(_MIN_RATE, math.sqrt(rate * overload.rate)), _GUESS_PRECISION), False
        return _Limit(max(_MIN_RATE, min(overload.rate, rate)), span.accepted), False

    def _agrees(self, limit: _Limit) -> bool:
        """Return whether a limit is not below the last one that was certain, within the error of that one."""
        precision = self._confirmed.precision
        return limit.rate >= _AGREEMENT * (precision - 1) / (precision + 1) * self._confirmed.rate

    def _begin_trial(self, overload: _Overload, limit: _Limit, now: float) -> None:
        span, total, rejected = overload.span, overload.total, overload.rejected + overload.span.rejected
        total += span.accepted + span.rejected
        size = math.ceil(min(_MAX_TRIAL_REQUESTS, _RULE_OF_THREE * total / rejected))
        certainty = max(0.5, limit.precision / (limit.precision + 1))
        rate = max(_MIN_RATE, _TRIAL_FRACTION * limit.rate * certainty)
        self._trial = _Trial(now, rate, size=size, earlier=total, rejected=rejected)
        self._pacer.restart(self._resume_at, credit=1.0, max_credit=1.0)

    def _resume_search(self, now: float) -> None:
        """Search on from the last good rate: the rejections were not caused by a limit."""
        self._search_rate = self._good_rate
        self._limit = self._trial = None
        self._confirmed = _Limit(0.0, 0)
        self._span = Span(now)
        self._max_in_flight = math.inf

    @property
    def _is_below_limit(self) -> bool:
        return self._limit is None or self._trial is not None or self._limit.is_below

    @property
    def rate(self) -> float:
        """Requests per second that are sent at present."""
        if self._trial is not None:
            return self._trial.rate
        if self._limit is not None:
            return min(_MAX_RATE, max(_MIN_RATE, self._limit.current()))
        is_careful = self._background is not None and self._background.share > 0
        doubling = _CAREFUL_DOUBLING_REQUESTS if is_careful else _DOUBLING_REQUESTS
        doublings = max(0, self._span.accepted - _STEADY_REQUESTS) / doubling
        return min(_MAX_RATE, self._search_rate * math.pow(2.0, min(doublings, _MAX_DOUBLINGS)))
