"""Faults: what goes wrong when a test says so, and how an answer then travels."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from http import HTTPStatus
from http.client import responses
from typing import Final, Literal

import attrs

from circleci_v2.testing.messages import Answer, Call
from circleci_v2.testing.rate_limits import RateLimit

__all__ = ["Delivery", "Faults"]

_STATUSES: Final = range(200, 600)
_WITHOUT_BODY: Final = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}

Cut = Literal["before the answer", "inside the body"]


@attrs.frozen(kw_only=True)
class Delivery:
    """An answer and what happens to it on its way.

    Attributes:
        answer: What is sent.
        delay: Seconds before it is sent.
        cut: Where the connection is lost; None when it is not.
    """

    answer: Answer
    delay: float = 0.0
    cut: Cut | None = None


@attrs.define
class _Fault:
    route: str | None
    times: int
    answer: Answer | None = None
    delay: float = 0.0
    cut: Cut | None = None

    def concerns(self, call: Call) -> bool:
        return self.times > 0 and self.route in {None, call.route, f"{call.method} {call.route}"}


class Faults:
    """What is going to go wrong; each fault is used up by the calls it hits.

    What adds a fault takes ``route``: the path template of the calls that are hit, with or without the method in front,
    for example ``/pipeline/{pipeline-id}/workflow`` or ``POST /workflow/{id}/rerun``. Default: any call. And ``times``: how
    many calls are hit, by default 1; less than that is a ValueError.
    """

    def __init__(self) -> None:
        self._faults: deque[_Fault] = deque()
        # A fake that is served answers in a thread of its own.
        self._lock = threading.Lock()
        self.rate_limit: RateLimit | None = None

    def fail_next(
        self,
        status: int = HTTPStatus.SERVICE_UNAVAILABLE,
        *,
        times: int = 1,
        route: str | None = None,
        message: str | None = None,
        headers: Mapping[str, str] | None = None,
        retry_after: float | None = None,
    ) -> None:
        """Refuse the next calls, before they have any effect.

        Args:
            status: The HTTP status, also one that no standard knows, such as the 520 of Cloudflare. Default: 503.
            times: How many calls. Default: 1.
            route: Which calls. Default: any.
            message: What the body says, where the status allows one. Default: the standard phrase of the status, where
                there is one.
            headers: More headers of the answer. Default: none.
            retry_after: Seconds for a ``Retry-After`` header. Default: no such header.

        Raises:
            ValueError: No answer can have that `status`, or `times` is not positive.
        """
        if status not in _STATUSES:
            msg = f"status={status!r}: an answer has a status from {_STATUSES[0]} to {_STATUSES[-1]}"
            raise ValueError(msg)
        # No exponent, which the header has no room for: also a wait of weeks is one that a client may be told.
        waiting = {} if retry_after is None else {"retry-after": f"{retry_after:.15g}"}
        phrase = responses.get(status, f"HTTP {status:d}")
        answer = Answer(status) if status in _WITHOUT_BODY else Answer.message(message or phrase, status)
        self._add(_Fault(route, times, answer=answer.with_headers({**(headers or {}), **waiting})))

    def answer_next(self, answer: Answer, *, times: int = 1, route: str | None = None) -> None:
        """Give the next calls an answer of your own, whatever they ask, before they have any effect."""
        self._add(_Fault(route, times, answer=answer))

    def delay_next(self, seconds: float, *, times: int = 1, route: str | None = None) -> None:
        """Let the next calls have their effect at once and their answer late, by so many real seconds."""
        self._add(_Fault(route, times, delay=seconds))

    def cut_next(self, *, cut: Cut = "before the answer", times: int = 1, route: str | None = None) -> None:
        """Lose the connection of the next calls after they have had their effect.

        Args:
            cut: Where: ``before the answer``, or ``inside the body``, after half of it. Default: ``before the answer``.
            times: How many calls. Default: 1.
            route: Which calls. Default: any.

        Raises:
            ValueError: `times` is not positive.
        """
        self._add(_Fault(route, times, cut=cut))

    def limit_rate(self, limit: RateLimit | None) -> None:
        """Refuse what goes beyond a rate limit, and tell the budget in every answer; None lifts the limit."""
        self.rate_limit = limit

    def clear(self) -> None:
        """Let nothing more go wrong."""
        with self._lock:
            self._faults.clear()
        self.rate_limit = None

    def refuse(self, call: Call) -> Answer | None:
        """The answer that a call gets instead of its own, if it gets one."""
        if self.rate_limit is not None and (refusal := self.rate_limit.take()) is not None:
            return refusal
        fault = self._take(call, refusing=True)
        return fault.answer if fault else None

    def deliver(self, call: Call, answer: Answer) -> Delivery:
        """How the answer of a call travels."""
        if self.rate_limit is not None:
            answer = attrs.evolve(answer, headers={**answer.headers, **self.rate_limit.headers()})
        fault = self._take(call, refusing=False)
        return Delivery(answer=answer, delay=fault.delay, cut=fault.cut) if fault else Delivery(answer=answer)

    def _add(self, fault: _Fault) -> None:
        if fault.times < 1:
            msg = f"times={fault.times!r}: a fault hits at least one call"
            raise ValueError(msg)
        with self._lock:
            self._faults.append(fault)

    def _take(self, call: Call, *, refusing: bool) -> _Fault | None:
        with self._lock:
            for fault in self._faults:
                if (fault.answer is not None) is refusing and fault.concerns(call):
                    fault.times -= 1
                    if not fault.times:
                        self._faults.remove(fault)
                    return fault
        return None
