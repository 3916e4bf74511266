"""A simulation of clients and a rate-limited server: the decisions of a budget, without a network and without waiting."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable
from random import Random
from typing import Protocol

import attrs

from circleci_v2._http.rate_limit.budget import Budget, budget_for
from circleci_v2._http.rate_limit.from_headers import Reservation
from circleci_v2.policies import RateLimit, RateLimitPolicy, RetryPolicy

__all__ = ["Outcome", "Overloaded", "Server", "TokenBucket", "Verdict", "Windows", "adaptive", "simulate"]

LONGEST = 10_000.0


@attrs.frozen
class Verdict:
    accepted: bool
    limit: RateLimit | None
    retry_after: float | None


class Server(Protocol):
    def ask(self, now: float) -> Verdict: ...


@attrs.define
class TokenBucket:
    """A limit that adds tokens at a constant rate, up to a burst.

    Attributes:
        headers: Whether responses have rate-limit headers.
        retry_after: Returns the ``Retry-After`` of a rejection, for the seconds until the next token.
    """

    rate: float
    burst: int
    headers: bool = attrs.field(default=True, kw_only=True)
    retry_after: Callable[[float], float | None] = attrs.field(
        default=lambda wait: max(1, math.ceil(wait)), kw_only=True
    )
    _left: float = attrs.field(init=False, default=math.inf)
    _at: float = attrs.field(init=False, default=0.0)

    def ask(self, now: float) -> Verdict:
        self._left = min(self.burst, self._left + self.rate * (now - self._at))
        self._at = now
        accepted = self._left >= 1
        self._left -= accepted
        full = math.ceil((self.burst - self._left) / self.rate)
        limit = RateLimit(family="ratelimit", limit=self.burst, remaining=int(self._left), reset=full)
        return Verdict(accepted, limit if self.headers else None, self.retry_after((1 - self._left) / self.rate))


@attrs.define
class Windows:
    """A limit that counts requests in fixed windows."""

    limit: int
    seconds: float = attrs.field(default=1.0, kw_only=True)
    phase: float = attrs.field(default=0.0, kw_only=True)
    headers: bool = attrs.field(default=True, kw_only=True)
    _window: int = attrs.field(init=False, default=-1)
    _used: int = attrs.field(init=False, default=0)

    def ask(self, now: float) -> Verdict:
        window = math.floor(now / self.seconds + self.phase)
        if window != self._window:
            self._window, self._used = window, 0
        accepted = self._used < self.limit
        self._used += accepted
        reset = max(1, math.ceil((window + 1 - self.phase) * self.seconds - now))
        limit = RateLimit(family="ratelimit", limit=self.limit, remaining=self.limit - self._used, reset=reset)
        return Verdict(accepted, limit if self.headers else None, reset)


@attrs.define
class Overloaded:
    """Rejects requests at random, whatever their rate, and leaves the others to a server behind it.

    Attributes:
        share: The share of rejected requests.
        retry_after: The ``Retry-After`` of these rejections.
    """

    share: float
    seed: int = attrs.field(kw_only=True)
    retry_after: float | None = attrs.field(default=None, kw_only=True)
    behind: Server | None = attrs.field(default=None, kw_only=True)
    _random: Random = attrs.field(init=False, default=attrs.Factory(lambda self: Random(self.seed), takes_self=True))

    def ask(self, now: float) -> Verdict:
        if self._random.random() < self.share:
            return Verdict(False, None, self.retry_after)
        return self.behind.ask(now) if self.behind else Verdict(True, None, None)


@attrs.frozen
class Outcome:
    """The simulated seconds, and the number of rejections."""

    seconds: float
    rejected: int


def adaptive() -> Budget:
    return budget_for(RateLimitPolicy())


@attrs.define
class _Process:
    budget: Budget
    left: int
    in_flight: int = 0
    paused_until: float = -math.inf
    busy_until: float = 0.0

    def ready_at(self, now: float, concurrency: int) -> float:
        if not self.left or self.in_flight >= concurrency:
            return math.inf
        return self.paused_until if now < self.paused_until else self.budget.ready_at(now, interactive=True)


def simulate(
    server: Server,
    *,
    calls: int = 1_000,
    concurrency: int = 100,
    processes: int = 1,
    latency: float = 0.02,
    jitter: float = 0.002,
    cpu: float = 0.0005,
    seed: int = 0,
    new_budget: Callable[[], Budget] = adaptive,
) -> Outcome:
    """Let processes with the same API token make their calls, each as fast as its budget allows."""
    random = Random(seed)
    retry = RetryPolicy()
    crowd = [_Process(new_budget(), calls) for _ in range(processes)]
    coming: list[tuple[float, int, Callable[[float], None]]] = []
    numbers, rejected, now = itertools.count(), 0, 0.0

    def later(moment: float, what: Callable[[float], None]) -> None:
        heapq.heappush(coming, (moment, next(numbers), what))

    def send(process: _Process) -> None:
        reservation = process.budget.reserve(now)
        process.left -= 1
        process.in_flight += 1
        # A process writes its requests to sockets one after the other.
        process.busy_until = max(now, process.busy_until) + cpu
        there = latency * 0.1 + random.random() * jitter
        back = latency * 0.9 + random.random() * jitter
        later(process.busy_until + there, lambda moment: arrive(process, reservation, moment, moment + back))

    def arrive(process: _Process, reservation: Reservation, moment: float, answered_at: float) -> None:
        verdict = server.ask(moment)
        later(answered_at, lambda moment: answer(process, reservation, verdict, moment))

    def answer(process: _Process, reservation: Reservation, verdict: Verdict, moment: float) -> None:
        nonlocal rejected
        process.in_flight -= 1
        if verdict.accepted:
            process.budget.accepted(reservation, moment, verdict.limit)
            return
        rejected += 1
        pause = retry.delay(1, retry_after=verdict.retry_after, random=random.random)
        is_requested = verdict.retry_after is not None
        cooldown = process.budget.rejected(reservation, moment, verdict.limit, pause, is_requested=is_requested)
        process.paused_until = max(process.paused_until, moment + cooldown)
        # The call waits for the cooldown or, without one, for its own backoff.
        later(moment if is_requested else moment + pause, lambda _: again(process))

    def again(process: _Process) -> None:
        process.left += 1

    while True:
        for process in crowd:
            while process.ready_at(now, concurrency) <= now:
                send(process)
        next_send = min(process.ready_at(now, concurrency) for process in crowd)
        if coming and coming[0][0] <= next_send:
            now, _, happen = heapq.heappop(coming)
            happen(now)
        elif next_send < math.inf:
            now = next_send
        else:
            return Outcome(now, rejected)
        assert now < LONGEST, "no request can ever be sent"
