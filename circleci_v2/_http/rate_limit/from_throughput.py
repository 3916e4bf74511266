"""DeliveryBudget: a budget that nobody tells, learned from what CircleCI lets pass.

Requests are sent at a pace. At first that is as fast as they come, within reason. From one refusal to the next a budget
went from empty to empty, so the requests that were accepted in between are what it was given, and that is the pace from
then on. A pace instead of a burst is what keeps refusals rare: too fast a pace is noticed one round trip later, after few
requests. In steady state it is a little too slow, and grows slowly, to find out whether the limit has.
"""

from __future__ import annotations

import math
from typing import Final

from circleci_v2._http.rate_limit.budget import Ticket

__all__ = ["DeliveryBudget"]

# Requests per second before anything is known, less than a burst at once; in the end more than one client makes of its CPU.
_FIRST_PACE: Final = 1000.0
# By how much the first pace is higher for each answer before the first refusal: who got a hundred may get thousands.
_COURAGE: Final = 10.0
_HIGHEST_PACE: Final = 2200.0
# Calls made one after the other, or a few at a time, need no pace before anything was refused.
_A_FEW: Final = 4
# Seconds by which timers are late, event loops count in whole milliseconds: what is missed is made up for, or a pace of
# 2,000 requests per second would be one of 1,000.
_LATE_TIMER: Final = 0.002
_SLOWEST_PACE: Final = 1 / 60
# A little less than what was measured, so that refusals are the exception.
_CAUTION: Final = 0.96
# How the logarithm of the pace grows: with the square of the seconds once it was measured, faster while it is a guess.
_GROWTH: Final = 0.001
_GUESSED_GROWTH: Final = 0.4
_LONGEST_GROWTH: Final = 60.0
_SHORTEST_EPOCH: Final = 0.5


class DeliveryBudget:
    """A pace, measured from refusal to refusal.

    Args:
        initial: How many requests may be under way before the first answer.
    """

    def __init__(self, *, initial: int) -> None:
        self._initial = initial
        self._under_way = 0
        self._answered = False
        self._pace = _FIRST_PACE
        self._paced_at = 0.0
        self._credit = 1.0
        self._credit_at = -math.inf
        self._most_credit = 1.0
        self._stored = math.inf
        self._epoch_at: float | None = None
        self._closed_at = -math.inf
        self._accepted = 0
        self._measured = False
        self._began_at: float | None = None

    def ready_at(self, now: float) -> float:
        """When the next request may be sent."""
        if not self._answered and self._under_way >= self._initial:
            return math.inf
        if self._epoch_at is None and self._under_way < _A_FEW:
            return now
        missing = 1.0 - self._credit_now(now)
        return now if missing <= 0 else now + missing / self._pace_now(now)

    def sent(self, now: float) -> None:
        """Count a request."""
        self._credit = self._credit_now(now) - 1
        self._credit_at = now
        self._under_way += 1
        if self._began_at is None:
            self._began_at = now

    def accepted(self, ticket: Ticket) -> None:
        """Count what passed."""
        self._under_way -= 1
        self._answered = True
        if ticket.sent_at >= self._closed_at:
            self._accepted += 1

    def refused(self, ticket: Ticket, now: float, pause: float) -> None:
        """Measure the pace from the last refusal to this one."""
        self._under_way -= 1
        self._answered = True
        if ticket.sent_at < self._closed_at:
            # Sent before the gate was closed: another sign of the same empty budget.
            return
        if self._epoch_at is None:
            self._guess(ticket, pause)
        elif ticket.sent_at - self._paced_at < _SHORTEST_EPOCH:
            # Refused while the credit of the last pause was spent: the budget stores no more than was accepted. Either it
            # was full before the pause was over, or the pace is too high; between the two the middle is taken.
            self._stored = max(1.0, self._accepted)
            self._pace = math.sqrt(self._pace * self._stored / (ticket.sent_at - self._epoch_at))
        else:
            self._measure(ticket)
        self._pace = max(self._pace, _SLOWEST_PACE)
        # What is given during the pause is there after it.
        kept = min(self._stored, self._pace * pause * (1.0 if self._measured else 0.5))
        self._most_credit = max(1.0, self._pace * max(1.0, pause))
        self._credit, self._credit_at = kept, now + pause
        self._paced_at = now + pause
        self._epoch_at = ticket.sent_at
        self._closed_at = now
        self._accepted = 0

    def lost(self) -> None:
        """A request ended without an answer."""
        self._under_way -= 1
        self._answered = True

    def _guess(self, ticket: Ticket, pause: float) -> None:
        # The first burst was stored up over a time that nobody knows; the pause is the only hint at it.
        seconds = ticket.sent_at - (self._began_at or ticket.sent_at) + max(pause, _SHORTEST_EPOCH)
        self._pace = _CAUTION * max(1, self._accepted) / seconds

    def _measure(self, ticket: Ticket) -> None:
        assert self._epoch_at is not None  # noqa: S101 - the caller asked
        if not self._accepted:
            # Nothing was accepted, so nothing was measured: a pace of none would be a wait of a minute.
            self._pace /= 2
            return
        self._pace = _CAUTION * self._accepted / (ticket.sent_at - self._epoch_at)
        self._measured = True

    def _pace_now(self, now: float) -> float:
        if self._epoch_at is None:
            return min(_HIGHEST_PACE, self._pace + _COURAGE * self._accepted)
        # Bounded before it is raised to a power: a day without a request makes more than a float can hold.
        seconds = min(max(0.0, now - self._paced_at), _LONGEST_GROWTH)
        growth = _GROWTH * seconds * seconds if self._measured else _GUESSED_GROWTH * seconds
        return min(_HIGHEST_PACE, self._pace * math.exp(growth))

    def _credit_now(self, now: float) -> float:
        if self._credit_at == -math.inf:
            return self._credit
        passed = now - self._credit_at
        if passed <= 0:
            return self._credit
        pace = self._pace_now(now)
        most = max(self._most_credit, self._credit, 1.0 + pace * _LATE_TIMER)
        return min(most, self._credit + pace * passed)
