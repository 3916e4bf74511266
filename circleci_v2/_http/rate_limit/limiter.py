"""Limiter: grants permits to send. It bounds the requests in flight, and keeps each bucket within its budget.

A *bucket* is a set of operations that CircleCI counts together. Which operations share one is not published, so it is
learned: an operation begins with a bucket of its own, and moves to the bucket of those whose responses carry the same
limit in the same headers. Without such headers it stays on its own.

Three conditions have to hold before a request is sent: fewer than ``max_concurrency`` requests are in flight; the bucket
is not in a cooldown, which a 429 starts; and the bucket's budget allows the request. Interactive calls go before bulk
calls; among equals the order is that of the calls, and a retried call keeps its position.

There is no background task here. The first waiter of each bucket also waits for the time at which the budget allows the next
request; all others wait until they are woken. A waiting call holds no permit.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from circleci_v2._http.lifecycle import SessionClock, closed_error
from circleci_v2._http.rate_limit.budget import Budget, Queue
from circleci_v2._http.rate_limit.from_headers import Reservation
from circleci_v2._lazy import LazyModule
from circleci_v2.errors import APIError
from circleci_v2.policies import RateLimit

if TYPE_CHECKING:
    import anyio
else:
    anyio = LazyModule("anyio")

__all__ = ["CooldownError", "Limiter", "Permit"]

# A day: no rate limit of CircleCI has a longer window, so a longer pause is taken for a mistake and replaced. The
# replacement is a guess.
_MAX_PAUSE: Final = 86400.0
_REPLACEMENT_PAUSE: Final = 30.0


class CooldownError(Exception):
    """The rate limit delays a call for longer than it may wait.

    Attributes:
        seconds: The delay.
        rejection: The 429 that started the cooldown of the bucket; None if there was none.
    """

    def __init__(self, seconds: float, rejection: APIError | None) -> None:
        super().__init__(seconds)
        self.seconds = seconds
        self.rejection = rejection


class _Bucket:
    """Operations that share a budget.

    Args:
        name: The headers and the limit that it was recognized by; before that, its operation.
        budget: The budget.
        operations: The operations that are known to belong to it.

    Attributes:
        queue: The calls that wait, as a heap.
        in_flight: The permits in use, in the order they were granted.
        paused_until: The end of the cooldown.
        rejection: The 429 that started it.
        delayed_at: When its first waiter was last held back by budget or cooldown, rather than by concurrency.
    """

    def __init__(self, name: str, budget: Budget, *operations: str) -> None:
        self.name = name
        self.budget = budget
        self.operations = set(operations)
        self.queue: list[_Waiter] = []
        self.in_flight: dict[Permit, None] = {}
        self.paused_until = -math.inf
        self.rejection: APIError | None = None
        self.delayed_at = -math.inf

    def first_waiter(self) -> _Waiter | None:
        """Return the first call that still waits."""
        while self.queue and self.queue[0].is_done:
            heapq.heappop(self.queue)
        return self.queue[0] if self.queue else None

    def ready_at(self, now: float, *, interactive: bool) -> float:
        """Return when the next request may be sent."""
        if now < self.paused_until:
            return self.paused_until
        return self.budget.ready_at(now, interactive=interactive)


class Permit:
    """Permission to send one request; pass it to `Limiter.release` when the request has ended.

    Args:
        bucket: The bucket that the request counts against.
        operation: The operation.
        reservation: The request in the bucket's budget; the attribute is None once its outcome is known.

    Attributes:
        waited: Seconds that a rate limit delayed it; waiting for concurrency alone does not count.
        is_released: Whether it was given back.
    """

    __slots__ = ("bucket", "is_released", "operation", "reservation", "waited")

    def __init__(self, bucket: _Bucket, operation: str, reservation: Reservation) -> None:
        self.bucket = bucket
        self.operation = operation
        self.reservation: Reservation | None = reservation
        self.waited = 0.0
        self.is_released = False


class _Waiter:
    def __init__(self, operation: str, bucket: _Bucket, sequence: int, max_wait: float, *, interactive: bool) -> None:
        self.operation = operation
        self.bucket = bucket
        self.sequence = sequence
        self.max_wait = max_wait
        self.interactive = interactive
        self.event = anyio.Event()
        self.wake_at = math.inf
        self.permit: Permit | None = None
        self.failure: Exception | None = None
        self.is_done = False

    def __lt__(self, other: _Waiter) -> bool:
        return (not self.interactive, self.sequence) < (not other.interactive, other.sequence)

    def fail(self, error: Exception) -> None:
        """Wake the call with an error."""
        self.is_done = True
        self.failure = error
        self.event.set()


class Limiter:
    """Grants permits: at most a fixed number at a time, and per bucket no faster than its budget allows.

    Args:
        max_concurrency: How many requests may be in flight.
        clock: The time.
        new_budget: Returns the budget of a bucket that begins with an operation.
        bucket_name: Returns the name of the bucket of an operation that no response was received for yet; the operation
            itself if it is not known. Default: not known.
    """

    def __init__(
        self,
        *,
        max_concurrency: int,
        clock: SessionClock,
        new_budget: Callable[[str], Budget],
        bucket_name: Callable[[str], str] = str,
    ) -> None:
        self._free = max_concurrency
        self._clock = clock
        self._new_budget = new_budget
        self._bucket_name = bucket_name
        self._bucket_by_operation: dict[str, _Bucket] = {}
        self._bucket_by_name: dict[str, _Bucket] = {}
        # The buckets with waiting calls; a dict, because its order is defined.
        self._waiting: dict[_Bucket, None] = {}
        self._is_closed = False

    def try_acquire(self, operation: str, *, interactive: bool) -> Permit | None:
        """Return a permit if the request may be sent without waiting, as nearly all may.

        Args:
            operation: The operation, which determines the bucket.
            interactive: Whether it goes before bulk calls.

        Raises:
            ConfigurationError: The client was closed.
        """
        bucket = self._bucket_by_operation.get(operation) or self._add_bucket(operation)
        now = self._clock.now()
        if (
            not self._free
            or bucket.queue
            or now < bucket.paused_until
            or bucket.budget.ready_at(now, interactive=interactive) > now
        ):
            return None
        self._free -= 1
        permit = Permit(bucket, operation, bucket.budget.reserve(now))
        bucket.in_flight[permit] = None
        return permit

    async def acquire(
        self, operation: str, *, interactive: bool, sequence: int, max_wait: float, max_delay: float = math.inf
    ) -> Permit:
        """Wait until a request may be sent.

        Args:
            operation: The operation, which determines the bucket.
            interactive: Whether it goes before bulk calls.
            sequence: Its position among calls of the same priority; lower goes first.
            max_wait: Seconds of a cooldown that it may wait for.
            max_delay: Seconds that it may wait in all; the caller ends a wait whose length is not known in advance.

        Raises:
            CooldownError: The cooldown, or the time until the budget allows another request, is longer than that.
            ConfigurationError: The client was closed.
        """
        bucket = self._bucket_by_operation.get(operation) or self._add_bucket(operation)
        now = self._clock.now()
        if bucket.paused_until - now > max_wait:
            raise CooldownError(bucket.paused_until - now, bucket.rejection)
        if max_delay < (delay := bucket.ready_at(now, interactive=interactive) - now) < math.inf:
            raise CooldownError(delay, bucket.rejection)
        waiter = _Waiter(operation, bucket, sequence, max_wait, interactive=interactive)
        heapq.heappush(bucket.queue, waiter)
        self._waiting[bucket] = None
        self.dispatch()
        permit = await self._wait(waiter)
        if waiter.bucket.delayed_at >= now:
            permit.waited = self._clock.now() - now
        return permit

    async def _wait(self, waiter: _Waiter) -> Permit:
        try:
            while waiter.permit is None:
                if waiter.failure is not None:
                    raise waiter.failure  # noqa: TRY301 - the clean-up below applies to every way the wait may end
                if waiter.event.is_set():
                    waiter.event = anyio.Event()
                await self._clock.wait(waiter.event, waiter.wake_at)
                if not waiter.event.is_set():
                    waiter.wake_at = math.inf
                    self.dispatch()
        except BaseException:
            waiter.is_done = True
            if waiter.permit is not None:
                self.release(waiter.permit)
            else:
                self.dispatch()
            raise
        return waiter.permit

    def accepted(self, permit: Permit, limit: RateLimit | None) -> None:
        """Apply a response other than 429.

        Args:
            permit: The permit of its request.
            limit: The rate limit in its headers.
        """
        reservation, permit.reservation = permit.reservation, None
        if reservation is None or permit.is_released:
            return
        permit.bucket.budget.accepted(reservation, self._clock.now(), limit)
        if limit is not None:
            self._recognize_bucket(permit, limit)

    def rejected(
        self,
        permit: Permit,
        limit: RateLimit | None,
        *,
        pause: float,
        retry_after: float | None,
        rejection: APIError | None,
    ) -> float:
        """Apply a 429, which starts a cooldown of its bucket unless the budget considers it as accidental.

        Args:
            permit: The permit of its request.
            limit: The rate limit in its headers.
            pause: Seconds until the call is to be sent again, with jitter.
            retry_after: The seconds in its ``Retry-After`` header; None without one.
            rejection: The error for calls that cannot wait that long.

        Returns:
            The rest of the cooldown in seconds; 0 without one.
        """
        reservation, permit.reservation = permit.reservation, None
        bucket, now = permit.bucket, self._clock.now()
        if reservation is not None and not permit.is_released:
            if retry_after is not None and retry_after <= bucket.paused_until - now:
                # Concurrent calls are rejected together. The first one has drawn the jitter for all.
                pause = bucket.paused_until - now
            elif pause > _MAX_PAUSE:
                pause = _REPLACEMENT_PAUSE
            is_requested = retry_after is not None
            cooldown = bucket.budget.rejected(reservation, now, limit, pause, is_requested=is_requested)
            self._pause_until(bucket, now + cooldown, rejection)
            if limit is not None:
                self._recognize_bucket(permit, limit)
        return max(0.0, permit.bucket.paused_until - now)

    def release(self, permit: Permit) -> None:
        """Return a permit; a second time is a no-op."""
        if permit.is_released:
            return
        permit.is_released = True
        del permit.bucket.in_flight[permit]
        if permit.reservation is not None:
            permit.bucket.budget.lost(permit.reservation, self._clock.now())
        self._free += 1
        if self._waiting:
            self.dispatch()

    def dispatch(self) -> None:
        """Grant permits to all waiting calls that may be sent now, and schedule the next wake-up of each bucket."""
        now = self._clock.now()
        while self._free:
            waiter = self._next_waiter(now)
            if waiter is None:
                return
            bucket = waiter.bucket
            heapq.heappop(bucket.queue)
            self._free -= 1
            waiter.permit = Permit(bucket, waiter.operation, bucket.budget.reserve(now))
            bucket.in_flight[waiter.permit] = None
            waiter.event.set()

    def queues(self) -> Iterator[Queue]:
        """Yield the buckets in which calls wait."""
        for bucket in list(self._waiting):
            first = bucket.first_waiter()
            if first is not None:
                yield Queue(bucket.budget, first.operation, len(bucket.queue), first.interactive)

    def pause(self, operation: str, until: float) -> None:
        """Start a cooldown of the bucket of an operation, which another process met.

        Args:
            operation: The operation.
            until: The end of the cooldown.
        """
        bucket = self._bucket_by_operation.get(operation)
        if bucket is not None and until > bucket.paused_until:
            self._pause_until(bucket, until, None)

    def _next_waiter(self, now: float) -> _Waiter | None:
        chosen: _Waiter | None = None
        for bucket in list(self._waiting):
            first = bucket.first_waiter()
            if first is None:
                del self._waiting[bucket]
                continue
            ready_at = bucket.ready_at(now, interactive=first.interactive)
            if ready_at <= now:
                chosen = first if chosen is None or first < chosen else chosen
                continue
            bucket.delayed_at = now
            if ready_at != first.wake_at:
                first.wake_at = ready_at
                first.event.set()
        return chosen

    def _pause_until(self, bucket: _Bucket, until: float, rejection: APIError | None) -> None:
        """Extend the cooldown of a bucket, and fail the waiters that may not wait that long."""
        if until > bucket.paused_until:
            bucket.paused_until, bucket.rejection = until, rejection
        pause = bucket.paused_until - self._clock.now()
        for waiter in bucket.queue:
            if waiter.max_wait < pause and not waiter.is_done:
                waiter.fail(CooldownError(pause, bucket.rejection))

    def _add_bucket(self, operation: str) -> _Bucket:
        if self._is_closed:
            raise closed_error()
        name = self._bucket_name(operation)
        bucket = self._bucket_by_name.get(name)
        if bucket is None:
            bucket = _Bucket(name, self._new_budget(operation))
            if name != operation:
                self._bucket_by_name[name] = bucket
        bucket.operations.add(operation)
        self._bucket_by_operation[operation] = bucket
        return bucket

    def _recognize_bucket(self, permit: Permit, limit: RateLimit) -> None:
        """Assign an operation to the bucket that its headers identify."""
        if self._bucket_by_operation.get(permit.operation) is permit.bucket:
            self.assign(permit.operation, f"{limit.family} {limit.limit}")

    def assign(self, operation: str, name: str) -> None:
        """Move an operation that is in use to the bucket of that name.

        Args:
            operation: The operation.
            name: The name, which is not that of an operation.
        """
        bucket = self._bucket_by_operation.get(operation)
        if bucket is None or bucket.name == name:
            return
        known = self._bucket_by_name.get(name)
        if known is None and len(bucket.operations) == 1:
            self._bucket_by_name.pop(bucket.name, None)
            bucket.name, known = name, bucket
        known = self._bucket_by_name[name] = known or _Bucket(name, self._new_budget(operation))
        if known is not bucket:
            self._move_operation(operation, bucket, known)

    def _move_operation(self, operation: str, source: _Bucket, target: _Bucket) -> None:
        """Move an operation, with its requests in flight, its waiters and its cooldown, to another bucket."""
        self._bucket_by_operation[operation] = target
        source.operations.discard(operation)
        target.operations.add(operation)
        if not source.operations:
            self._bucket_by_name.pop(source.name, None)
        for permit in [permit for permit in source.in_flight if permit.operation == operation]:
            self._move_permit(permit, target)
        for waiter in [waiter for waiter in source.queue if waiter.operation == operation and not waiter.is_done]:
            waiter.bucket = target
            heapq.heappush(target.queue, waiter)
        source.queue = [waiter for waiter in source.queue if waiter.bucket is source]
        heapq.heapify(source.queue)
        self._pause_until(target, source.paused_until, source.rejection)
        self._waiting[target] = None

    def _move_permit(self, permit: Permit, target: _Bucket) -> None:
        if permit.reservation is None:
            return
        now, sent_at = self._clock.now(), permit.reservation.sent_at
        permit.bucket.budget.lost(permit.reservation, now)
        del permit.bucket.in_flight[permit]
        permit.bucket, permit.reservation = target, target.budget.reserve(now)
        # Measured from now, its round trip would be too short, and every later response would count as late.
        permit.reservation.sent_at = sent_at
        target.in_flight[permit] = None

    def close(self) -> None:
        """Fail all current and future waiters."""
        self._is_closed = True
        self._bucket_by_operation.clear()
        for bucket in self._waiting:
            for waiter in bucket.queue:
                if not waiter.is_done:
                    waiter.fail(closed_error())
