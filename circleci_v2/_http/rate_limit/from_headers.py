"""HeaderBudget: a budget that CircleCI tells in the headers of its answers.

An answer says what was left when its request was counted, and since then other requests have been sent and the budget
has been refilled. So a model of the budget is kept as seen from here: each request that is sent takes one, time gives
back at the measured rate. Each answer then shows by how much the model was wrong about the moment at which its request
was sent, and the difference is put right at once. How long a request travels plays no part in it.

The rate is measured by conservation: what is left plus what was taken grows by what was refilled. What others take with
the same token appears as a lower rate.

Budgets of fixed windows are never refilled in between, so their rate is zero, and once they are used up the next request
waits for the reset that the headers announce.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

from circleci_v2._http.rate_limit.budget import Ticket
from circleci_v2.policies import RateLimit

__all__ = ["HeaderBudget"]

# Seconds of answers that the rate is measured over, and how much must have been refilled in them.
_MEASURED_SECONDS: Final = 2.0
_MEASURED_REFILL: Final = 10
# Seconds between the last request and one that asks whether the budget is refilled at all.
_PROBE_AFTER: Final = 0.05
_LONGEST_PROBE: Final = 30.0
# Doubled so often, the first of these is longer than the second; windows show thousands of answers without a refill.
_MOST_DOUBLINGS: Final = 10
# Requests that may be under way whatever the budget.
_ALWAYS_UNDER_WAY: Final = 2
# The part of a budget from which on it counts as full; requests that overtake each other blur it.
_FULL: Final = 0.9
# How many more may be under way for each answer that shows a full budget.
_MORE_UNDER_WAY: Final = 0.25
# How much faster the rate is taken to be for each answer that shows a full budget where little was expected.
_RISE: Final = 1.1
# How fast the shortest round trip is forgotten, per answer.
_FORGETTING: Final = 1.001
# What one answer counts for how late answers usually are.
_SMOOTHING: Final = 0.1
# How fast the memory of surprises fades, per answer.
_FADING: Final = 0.99
_FIRST_SURPRISE: Final = 3.0
# Resets are told in whole seconds.
_SHORTEST_RESET: Final = 1.0
# Seconds to come later than that: who always comes just before a window begins would never find out.
_AFTER_RESET: Final = 0.02


class HeaderBudget:
    """The model of a budget, put right by each answer.

    Args:
        reserve: How many requests are left to others and to urgent calls.
    """

    def __init__(self, *, reserve: int) -> None:
        self._reserve = reserve
        self._limit = math.inf
        self._level = 0.0
        self._level_at = 0.0
        self._corrections = 0.0
        self._rate = 0.0
        self._sent = 0
        self._refused = 0
        self._under_way = 0
        self._surprise = _FIRST_SURPRISE
        self._samples: deque[tuple[float, float]] = deque()
        self._last_sent_at = -math.inf
        self._round_trip = math.inf
        self._lateness = 0.0
        self._usual_lateness = 0.0
        self._flat_probes = 0
        self._reset_at = -math.inf
        self._must_probe = False
        self._trusted = math.inf
        self._unused = 0.0

    @property
    def rate(self) -> float:
        """Requests per second that are given back."""
        return self._rate

    def level(self, now: float) -> float:
        """How many requests are left, as far as is known."""
        return min(self._limit, self._level + self._rate * (now - self._level_at))

    def ready_at(self, now: float, *, urgent: bool) -> float:
        """When the next request may be sent."""
        if self._under_way and (self._must_probe or self._under_way >= self._most_under_way(now)):
            return math.inf
        if self._must_probe:
            return now
        level = self.level(now)
        missing = self._needed(urgent=urgent) - level
        if missing <= 0:
            return now
        refilled_at = now + missing / self._rate if self._rate else math.inf
        if self._under_way and level < 1:
            return refilled_at
        return max(now, min(refilled_at, self._probe_at(now)))

    def _most_under_way(self, now: float) -> float:
        # What is left is not spent at once: others may be looking at the same number, and the more so after surprises.
        spare = (self._level_then(now) - self._surprise) / 3
        most = max(_ALWAYS_UNDER_WAY, spare) + 1.5 * self._rate * min(self._round_trip, 10.0) + self._unused
        return min(most, self._trusted)

    def _level_then(self, now: float) -> float:
        """What would be left if nothing were under way."""
        return self.level(now) + self._under_way

    def _needed(self, *, urgent: bool) -> float:
        # A request overtakes those before it by about as much as answers were late. A small budget cannot spare much.
        disorder = 2 * self._rate * self._usual_lateness
        margin = max(self._surprise, disorder) + (0 if urgent else self._reserve)
        return 1.0 + min(margin, self._limit / 4)

    def _probe_at(self, now: float) -> float:
        """When to ask, if nothing is known to have been refilled."""
        soon = max(_PROBE_AFTER, 2 * self._round_trip) * 2.0**self._flat_probes
        asks_at = self._last_sent_at + min(soon, _LONGEST_PROBE)
        if self.level(now) >= 1 or self._reset_at == -math.inf:
            return asks_at if self._reset_at <= self._last_sent_at else min(asks_at, self._reset_at)
        # Nothing is left, so a question would be refused before the reset.
        return self._reset_at

    def sent(self, ticket: Ticket, now: float) -> None:
        """Take one out of the model."""
        self._level = self.level(now) - 1
        self._level_at = now
        self._sent += 1
        self._under_way += 1
        self._last_sent_at = now
        ticket.level, ticket.corrections = self._level, self._corrections

    def accepted(self, ticket: Ticket, now: float, limit: RateLimit | None) -> None:
        """Put the model right by an answer."""
        self._under_way -= 1
        self._must_probe = False
        self._trusted += 1.0
        if limit is None:
            return
        self._time(now - ticket.sent_at)
        self._note_reset(ticket, limit)
        self._measure(ticket, limit)
        self._correct(ticket, limit)

    def refused(self, ticket: Ticket, now: float, limit: RateLimit | None, pause: float) -> None:
        """Nothing was left: forget what the model says, and ask with one request after the pause."""
        self._under_way -= 1
        self._refused += 1
        if limit is not None:
            self._limit = limit.limit
            self._note_reset(ticket, limit)
        self._level, self._level_at = min(0.0, self._level), now + pause
        self._surprise = min(self._surprise + 1.0, self._limit / 4)
        self._must_probe = True
        self._trusted = 1.0

    def lost(self) -> None:
        """A request ended without an answer; it counts as taken."""
        self._under_way -= 1
        self._must_probe = False

    def _time(self, round_trip: float) -> None:
        # Roads change: the shortest time is forgotten, slowly.
        self._round_trip = min(self._round_trip * _FORGETTING, round_trip)
        self._lateness = round_trip - self._round_trip
        self._usual_lateness += _SMOOTHING * (self._lateness - self._usual_lateness)

    def _correct(self, ticket: Ticket, limit: RateLimit) -> None:
        # What is left is told in whole requests. And an answer that took longer than it had to may have been late before
        # it was counted: the budget was refilled meanwhile, and is not so full for a request that is not late.
        least = limit.remaining - self._rate * self._lateness
        predicted = self._predicted(ticket)
        error = max(least - predicted, 0.0) or min(limit.remaining + 1 - predicted, 0.0)
        if self._limit != math.inf:
            self._surprise = max(self._surprise * _FADING, -error)
        self._limit = limit.limit
        self._corrections += error
        self._level += error

    def _predicted(self, ticket: Ticket) -> float:
        """What should have been left after a request, in the light of all answers since."""
        return ticket.level + self._corrections - ticket.corrections

    def _measure(self, ticket: Ticket, limit: RateLimit) -> None:
        """Measure the rate by what is left plus what was taken."""
        refilled = limit.remaining + ticket.number - self._refused
        sent_at = ticket.sent_at
        if self._samples and sent_at <= self._samples[-1][0]:
            return
        if limit.remaining >= _FULL * limit.limit - 1:
            self._note_full(ticket, limit, refilled)
            # So few are under way that the budget stays full, and a full budget tells no rate: send more until it falls.
            self._unused += _MORE_UNDER_WAY
        elif limit.remaining < limit.limit / 2:
            self._unused = 0.0
        self._samples.append((sent_at, refilled))
        first_at, first = self._samples[0]
        while len(self._samples) > 2 and self._long_enough(self._samples[1], sent_at, refilled):
            self._samples.popleft()
            first_at, first = self._samples[0]
        seconds = sent_at - first_at
        if seconds >= _PROBE_AFTER:
            # Both ends are told in whole requests.
            self._rate = max(0.0, (refilled - first - 0.5) / seconds)
            self._flat_probes = 0 if self._rate else min(self._flat_probes + 1, _MOST_DOUBLINGS)

    def _note_full(self, ticket: Ticket, limit: RateLimit, refilled: float) -> None:
        """Begin to measure anew, since a full budget hides what more it was given; it may be more than was thought."""
        if self._samples and self._predicted(ticket) < limit.limit / 2:
            last_at, last = self._samples[-1]
            if self._rate:
                self._rate *= _RISE
            elif not self._flat_probes:
                # Had it stood still before, this would be the reset of a window.
                # What was refused since then was counted as taken, and may be more than what was refilled.
                self._rate = max(0.0, refilled - last) / max(ticket.sent_at - last_at, _PROBE_AFTER)
        self._samples.clear()
        self._flat_probes = 0

    @staticmethod
    def _long_enough(sample: tuple[float, float], sent_at: float, refilled: float) -> bool:
        return sent_at - sample[0] >= _MEASURED_SECONDS and refilled - sample[1] >= _MEASURED_REFILL

    def _note_reset(self, ticket: Ticket, limit: RateLimit) -> None:
        if limit.reset is None:
            return
        told = ticket.sent_at + max(limit.reset, _SHORTEST_RESET) + _AFTER_RESET
        over = self._reset_at <= ticket.sent_at or self._was_reset(ticket, limit)
        self._reset_at = told if over else min(self._reset_at, told)

    def _was_reset(self, ticket: Ticket, limit: RateLimit) -> bool:
        """Whether a window began between this request and the one before; what that one was told is about the last one."""
        return not self._rate and limit.remaining - self._predicted(ticket) > limit.limit / 10
