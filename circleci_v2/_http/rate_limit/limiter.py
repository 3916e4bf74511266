"""Limiter: who may send now. A bound on what is under way, a budget and a gate for each bucket, and two priorities.

A bucket is what CircleCI counts together. Nobody publishes which operations share one, so it is learned: an operation
begins with a bucket of its own, and moves to that of the operations whose answers tell the same limit by the same
headers. Where no headers come, it stays on its own.

Nothing here runs in the background. Whoever waits at the head of a bucket's line also waits for the moment at which the
budget allows the next request; everybody else waits to be told. Whoever waits holds nothing.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from typing import Final

import anyio

from circleci_v2._http.clock import Clock
from circleci_v2._http.lifecycle import closed_error
from circleci_v2._http.rate_limit.budget import Budget, Ticket
from circleci_v2.errors import APIError
from circleci_v2.policies import RateLimit

__all__ = ["Admission", "GateClosedError", "Limiter"]

# A day: no rate limit of CircleCI's has a longer window, so what asks for more has lost its way.
_LONGEST_PAUSE: Final = 86400.0
_PAUSE_INSTEAD: Final = 30.0


class GateClosedError(Exception):
    """The bucket stays closed for longer than the call may wait.

    Attributes:
        seconds: How long it stays closed.
        refusal: The answer that closed it.
    """

    def __init__(self, seconds: float, refusal: APIError | None) -> None:
        super().__init__(seconds)
        self.seconds = seconds
        self.refusal = refusal


class _Waiter:
    __slots__ = ("admission", "bucket", "event", "failure", "gone", "operation", "order", "patience", "until", "urgent")

    def __init__(self, operation: str, bucket: _Bucket, order: int, patience: float, *, urgent: bool) -> None:
        self.operation = operation
        self.bucket = bucket
        self.order = order
        self.patience = patience
        self.urgent = urgent
        self.event = anyio.Event()
        self.until = math.inf
        self.admission: Admission | None = None
        self.failure: Exception | None = None
        self.gone = False

    def __lt__(self, other: _Waiter) -> bool:
        # A call that is tried again keeps its number, and so its place before those that came later.
        return (not self.urgent, self.order) < (not other.urgent, other.order)


class _Bucket:
    __slots__ = ("budget", "closed_until", "held_back_at", "line", "name", "operations", "refusal", "under_way")

    def __init__(self, name: str, budget: Budget) -> None:
        self.name = name
        self.budget = budget
        self.line: list[_Waiter] = []
        self.closed_until = -math.inf
        self.held_back_at = -math.inf
        self.refusal: APIError | None = None
        self.operations: set[str] = set()
        self.under_way: dict[Admission, None] = {}

    def head(self) -> _Waiter | None:
        while self.line and self.line[0].gone:
            heapq.heappop(self.line)
        return self.line[0] if self.line else None

    def opens_at(self, now: float, *, urgent: bool) -> float:
        if now < self.closed_until:
            return self.closed_until
        return self.budget.ready_at(now, urgent=urgent)


class Admission:
    """Leave to send one request; ends with `leave`, after at most one of the others.

    Attributes:
        waited: Seconds that a rate limit took; 0 for who stood in line for no more than a place.
        bucket: The name of the bucket.
    """

    __slots__ = ("_bucket", "_limiter", "_operation", "_ticket", "bucket", "waited")

    def __init__(self, limiter: Limiter, bucket: _Bucket, operation: str, ticket: Ticket) -> None:
        self._limiter: Limiter | None = limiter
        self._bucket = bucket
        self._operation = operation
        self._ticket: Ticket | None = ticket
        self.bucket = bucket.name
        self.waited = 0.0
        bucket.under_way[self] = None

    def move(self, operation: str, target: _Bucket) -> None:
        """Go on under another budget, if it is that of the operation."""
        if operation == self._operation and self._limiter is not None and self._ticket is not None:
            now, sent_at = self._limiter.now(), self._ticket.sent_at
            self._bucket.budget.lost(self._ticket, now)
            del self._bucket.under_way[self]
            self._bucket = target
            self._ticket = target.budget.sent(now)
            # Counted from now, its round trip would seem so short that all others would be taken for late ever after.
            self._ticket.sent_at = sent_at
            target.under_way[self] = None

    def accepted(self, limit: RateLimit | None) -> None:
        """An answer came that is no 429."""
        if self._limiter is not None and self._ticket is not None:
            ticket, self._ticket = self._ticket, None
            self._bucket.budget.accepted(ticket, self._limiter.now(), limit)
            self._limiter.learn(self._operation, self._bucket, limit)

    def opened(self, limit: RateLimit | None) -> None:
        """An answer began whose body is still to be read: what it told is for those in line now, not when that is over."""
        self.accepted(limit)
        if self._limiter is not None:
            self._limiter.dispatch()

    def refused(self, limit: RateLimit | None, *, pause: float, refusal: APIError | None) -> None:
        """A 429 came: nobody sends for so many seconds."""
        if self._limiter is not None and self._ticket is not None:
            ticket, self._ticket = self._ticket, None
            # What cannot be meant is not waited out; the budget holds back for a while all the same.
            pause = pause if pause <= _LONGEST_PAUSE else _PAUSE_INSTEAD
            self._bucket.budget.refused(ticket, self._limiter.now(), limit, pause)
            self._limiter.close_gate(self._bucket, pause, refusal)
            self._limiter.learn(self._operation, self._bucket, limit)

    def leave(self) -> None:
        """Give back what was held; a second time does nothing."""
        if self._limiter is not None:
            limiter, self._limiter = self._limiter, None
            del self._bucket.under_way[self]
            if self._ticket is not None:
                self._bucket.budget.lost(self._ticket, limiter.now())
            limiter.release()


class Limiter:
    """Admits requests: at most so many at a time, and in each bucket no faster than its budget allows.

    Args:
        max_concurrency: How many may be under way.
        clock: The time.
        new_budget: Makes the budget of a bucket of which nothing is known yet.
    """

    def __init__(self, *, max_concurrency: int, clock: Clock, new_budget: Callable[[], Budget]) -> None:
        self._free = max_concurrency
        self._clock = clock
        self._new_budget = new_budget
        self._bucket_of: dict[str, _Bucket] = {}
        self._by_headers: dict[str, _Bucket] = {}
        self._waiting: dict[_Bucket, None] = {}
        self._closed = False

    def now(self) -> float:
        """The present, on the clock of this limiter."""
        return self._clock.now()

    def admit_at_once(self, operation: str, *, urgent: bool) -> Admission | None:
        """Leave to send a request, if it need not wait; what most calls get.

        Args:
            operation: What is called; finds the bucket.
            urgent: Whether it goes before everything that is not.
        """
        bucket = self._bucket_of.get(operation) or self._opened(operation)
        now = self._clock.now()
        if self._free and not bucket.line and bucket.opens_at(now, urgent=urgent) <= now:
            return self._granted(bucket, operation, now)
        return None

    async def admit(self, operation: str, *, urgent: bool, order: int, patience: float) -> Admission:
        """Wait in line until a request may be sent.

        Args:
            operation: What is called; finds the bucket.
            urgent: Whether it goes before everything that is not.
            order: Its place among the equally urgent; lower is earlier.
            patience: Seconds that it may wait for a closed gate.

        Raises:
            GateClosedError: The gate stays closed for longer than that.
            ConfigurationError: The client was closed.
        """
        bucket = self._bucket_of.get(operation) or self._opened(operation)
        now = self._clock.now()
        if bucket.closed_until - now > patience:
            raise GateClosedError(bucket.closed_until - now, bucket.refusal)
        waiter = _Waiter(operation, bucket, order, patience, urgent=urgent)
        heapq.heappush(bucket.line, waiter)
        self._waiting[bucket] = None
        self.dispatch()
        admission = await self._stand_in_line(waiter)
        if waiter.bucket.held_back_at >= now:
            admission.waited = self._clock.now() - now
        return admission

    async def _stand_in_line(self, waiter: _Waiter) -> Admission:
        try:
            while waiter.admission is None:
                if waiter.failure is not None:
                    raise waiter.failure  # noqa: TRY301 - the clean-up below is the same for whatever ends the wait
                if waiter.event.is_set():
                    waiter.event = anyio.Event()
                await self._clock.wait(waiter.event, waiter.until)
                if not waiter.event.is_set():
                    waiter.until = math.inf
                    self.dispatch()
        except BaseException:
            waiter.gone = True
            if waiter.admission is not None:
                waiter.admission.leave()
            else:
                self.dispatch()
            raise
        return waiter.admission

    def dispatch(self) -> None:
        """Admit everybody who may be, and tell who has to wait until when."""
        now = self._clock.now()
        while self._free:
            waiter = self._next(now)
            if waiter is None:
                return
            heapq.heappop(waiter.bucket.line)
            waiter.admission = self._granted(waiter.bucket, waiter.operation, now)
            waiter.event.set()

    def _next(self, now: float) -> _Waiter | None:
        chosen: _Waiter | None = None
        for bucket in list(self._waiting):
            head = bucket.head()
            if head is None:
                del self._waiting[bucket]
                continue
            opens_at = bucket.opens_at(now, urgent=head.urgent)
            if opens_at <= now:
                chosen = head if chosen is None or head < chosen else chosen
                continue
            bucket.held_back_at = now
            if opens_at != head.until:
                head.until = opens_at
                head.event.set()
        return chosen

    def _granted(self, bucket: _Bucket, operation: str, now: float) -> Admission:
        self._free -= 1
        return Admission(self, bucket, operation, bucket.budget.sent(now))

    def release(self) -> None:
        """Take a place back and pass it on."""
        self._free += 1
        if self._waiting:
            self.dispatch()

    def close_gate(self, bucket: _Bucket, pause: float, refusal: APIError | None) -> None:
        """Let nobody of a bucket through for so many seconds; send away whoever may not wait that long."""
        self._close_until(self._clock.now() + pause, bucket, refusal)

    def _close_until(self, until: float, bucket: _Bucket, refusal: APIError | None) -> None:
        if until > bucket.closed_until:
            bucket.closed_until, bucket.refusal = until, refusal
        pause = bucket.closed_until - self._clock.now()
        for waiter in bucket.line:
            if waiter.patience < pause and not waiter.gone:
                waiter.gone = True
                waiter.failure = GateClosedError(pause, bucket.refusal)
                waiter.event.set()

    def _opened(self, operation: str) -> _Bucket:
        if self._closed:
            raise closed_error()
        bucket = _Bucket(operation, self._new_budget())
        bucket.operations.add(operation)
        self._bucket_of[operation] = bucket
        return bucket

    def learn(self, operation: str, bucket: _Bucket, limit: RateLimit | None) -> None:
        """Move an operation to the bucket that its headers tell of."""
        if limit is None or self._bucket_of.get(operation) is not bucket:
            return
        name = f"{limit.family} {limit.limit}"
        if bucket.name == name:
            return
        known = self._by_headers.get(name)
        if known is None and len(bucket.operations) == 1:
            self._by_headers.pop(bucket.name, None)
            bucket.name, known = name, bucket
        known = self._by_headers[name] = known or _Bucket(name, self._new_budget())
        self._move(operation, bucket, known)

    def _move(self, operation: str, source: _Bucket, target: _Bucket) -> None:
        if source is target:
            return
        self._bucket_of[operation] = target
        source.operations.discard(operation)
        target.operations.add(operation)
        if not source.operations:
            self._by_headers.pop(source.name, None)
        for admission in list(source.under_way):
            admission.move(operation, target)
        for waiter in [waiter for waiter in source.line if waiter.operation == operation and not waiter.gone]:
            waiter.bucket = target
            heapq.heappush(target.line, waiter)
        source.line = [waiter for waiter in source.line if waiter.bucket is source]
        heapq.heapify(source.line)
        self._close_until(source.closed_until, target, source.refusal)
        self._waiting[target] = None

    def close(self) -> None:
        """Send everybody away who waits, and who comes from now on."""
        self._closed = True
        self._bucket_of.clear()
        for bucket in self._waiting:
            for waiter in bucket.line:
                waiter.failure = closed_error()
                waiter.event.set()
