"""SharedModel: the rate limits of several processes, as one state that each of them computes for itself. No I/O.

The processes append entries to one log, whose order and times are those of the store, and every process applies all
entries to its own copy of the model. Since that is deterministic, all copies agree, as in any replicated state machine;
the store needs no knowledge of rate limits, and nothing ever has to be written again because another process was faster.

An entry has the outcomes of requests since the last one, and the requests that wait. For these the model *leases*
moments in the near future at which they may be sent: `AdaptiveRateLimiter`, the limiter of a single process, determines
when the next request may be sent, and reserves it for that time. Each lease ends in exactly one report (accepted,
rejected, lost, or unused), or when its process was not heard of for a while.

- A *share* keeps processes equal: one lease of the capacity of a cycle for each process that has waiting requests, whether
  or not it was granted some lately.
- The leases of a process that died are never reported; after `_DEAD_AFTER` they count as sent and lost.
- A rejection ends all leases that were not due yet; they are void, and the report of one that was used
  nevertheless counts as that of a request without a lease.

The constants are choices that `benchmarks/fleet.py` holds against its bounds; none is critical within a factor of two.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from typing import Final

import attrs

from circleci_v2._http.rate_limit.budget import AdaptiveRateLimiter
from circleci_v2._http.rate_limit.fixed_window import PUBLISHED_LIMITS, FixedWindowLimiter
from circleci_v2._http.rate_limit.from_headers import Reservation
from circleci_v2._http.rate_limit.serialization import dump_state, load_state
from circleci_v2._http.rate_limit.shared_entries import Demand, Entry, Report, WindowCall, is_former
from circleci_v2.policies import RateLimitPolicy

__all__ = ["FLUSH_SECONDS", "MODEL_VERSION", "Grant", "SharedModel"]

MODEL_VERSION: Final = 1
"""Increased whenever entries or states change their meaning, so that other versions of this library use another log."""

FLUSH_SECONDS: Final = 0.25
"""Seconds for which a process collects reports, if none of them is urgent."""

# Seconds for which requests are leased ahead: the length of a cycle, in which each process comes once.
_CYCLE: Final = 0.5
# With many processes, a cycle is longer, so that all of them together come this often per second at most.
_ENTRIES_PER_SECOND: Final = 20.0
# Seconds without an entry after which the leases of a process are taken back, and after which it is forgotten.
_DEAD_AFTER: Final = 5.0
_FORGOTTEN_AFTER: Final = 60.0
# The most leases that an entry is granted at once from a full bucket, so that no process gets all of it.
_MAX_BURST_SHARE: Final = 16
# Leases per entry, whatever the rate: bounds the work for one entry.
_MAX_LEASES: Final = 256
# Seconds until a process comes again that was granted nothing, because all depends on responses that are not reported yet.
_POLL: Final = 0.02

# The most seconds until a process comes again, whatever the model expects.
_MAX_PATIENCE: Final = 1.0


@attrs.frozen(kw_only=True)
class Grant:
    """The leases and decisions that an entry led to.

    Attributes:
        leases: By operation of a `Demand`, the number and the time of each lease, in the order of the times.
        again_at: By operation, when it is worthwhile to request more; `math.inf` before that nothing can be granted.
        window_waits: For each call to count, the seconds until it may be sent; 0 if it was counted.
        stamp: When the entry was applied, which is when calls were counted.
    """

    stamp: float
    leases: Mapping[str, list[tuple[int, float]]]
    again_at: Mapping[str, float]
    window_waits: tuple[float, ...]


@attrs.define
class _Lease:
    member: str
    bucket: _SharedBucket
    reservation: Reservation


@attrs.define(eq=False)
class _SharedBucket:
    """Operations that share a limit.

    Attributes:
        limiter: The model of the limit.
        paused_until: The end of a cooldown.
        frontier: The time of the last lease.
        demands: The number of requests that wait, by process.
        balances: By process with waiting requests, how many requests fewer than the mean of them it was granted.
        granted_at: By process with waiting requests, when it was last granted any.
    """

    limiter: AdaptiveRateLimiter
    paused_until: float = 0.0
    frontier: float = 0.0
    demands: dict[str, int] = attrs.field(factory=dict[str, int])
    balances: dict[str, float] = attrs.field(factory=dict[str, float])
    granted_at: dict[str, float] = attrs.field(factory=dict[str, float])

    def forget(self, member: str) -> None:
        """Remove a process without waiting requests."""
        for values in (self.demands, self.balances, self.granted_at):
            values.pop(member, None)

    def add_granted(self, member: str, count: int) -> None:
        """Count requests that a process was granted; a negative number for those that it gave back."""
        if member in self.balances:
            for other in self.balances:
                self.balances[other] += count / len(self.balances)
            self.balances[member] -= count


class SharedModel:
    """The limits of one token on one host.

    Args:
        policy: The reserve, and the concurrency before the first response.

    Attributes:
        names: The name of the bucket of each operation that is known.
    """

    def __init__(self, policy: RateLimitPolicy) -> None:
        self._policy = policy
        self.names: dict[str, str] = {}
        self._buckets: dict[str, _SharedBucket] = {}
        self._leases: dict[int, _Lease] = {}
        self._leased = 0
        self._seen: dict[str, float] = {}
        self._windows = FixedWindowLimiter(PUBLISHED_LIMITS)
        self._now = -math.inf

    def apply(self, entry: Entry, stamp: float) -> Grant:
        """Apply the next entry of the log.

        Args:
            entry: The entry.
            stamp: When the store received it.
        """
        now = self._now = max(self._now, stamp)
        self._seen[entry.member] = now
        self._bury_former(entry.member, now)
        self._bury(now)
        for operation, level in entry.levels.items():
            self._restart(self._bucket_of(operation), now, level)
        for report in sorted(entry.reports, key=lambda report: report.at):
            self._learn(report, entry.member)
        leases: dict[str, list[tuple[int, float]]] = {}
        again_at: dict[str, float] = {}
        waiting = {id(self._bucket_of(demand.operation)) for demand in entry.demands if demand.waiting > 0}
        for bucket in self._buckets.values():
            if id(bucket) not in waiting:
                bucket.forget(entry.member)
        for demand in entry.demands:
            if demand.waiting > 0:
                leases[demand.operation], again_at[demand.operation] = self._lease(entry.member, demand, now)
        waits = [self._count(call, now) for call in entry.window_calls if call.released_at is None]
        for call in entry.window_calls:
            if call.released_at is not None and call.operation in self._windows.windows:
                self._windows.release(call.operation, call.organization, call.released_at)
        return Grant(stamp=now, leases=leases, again_at=again_at, window_waits=tuple(waits))

    def paused_until(self, operation: str) -> float:
        """Return the end of the last cooldown of the bucket of an operation; 0 without one."""
        bucket = self._buckets.get(self.names.get(operation, operation))
        return bucket.paused_until if bucket is not None else 0.0

    def is_learning(self, operation: str) -> bool:
        """Return whether requests that wait depend on the next responses of an operation."""
        bucket = self._buckets.get(self.names.get(operation, operation))
        return bucket is not None and bool(bucket.demands) and bucket.limiter.is_learning

    @property
    def leased(self) -> int:
        """The number of leases that did not end yet."""
        return len(self._leases)

    def to_text(self) -> str:
        """Return the state as text."""
        buckets = list(self._buckets.values())
        number = {id(bucket): index for index, bucket in enumerate(buckets)}
        # A lease may be the last trace of a bucket whose operations moved away.
        for lease in self._leases.values():
            if id(lease.bucket) not in number:
                number[id(lease.bucket)] = len(buckets)
                buckets.append(lease.bucket)
        return dump_state(
            {
                "now": self._now,
                "names": self.names,
                "seen": self._seen,
                "leased": self._leased,
                "buckets": [list(attrs.astuple(one, recurse=False)) for one in buckets],
                "bucket_names": list(self._buckets),
                "leases": [
                    [lease, one.member, number[id(one.bucket)], one.reservation] for lease, one in self._leases.items()
                ],
                "windows": [[*key, list(calls)] for key, calls in self._windows.calls.items() if calls],
            }
        )

    @classmethod
    def from_text(cls, text: str, policy: RateLimitPolicy) -> SharedModel:
        """Return the model with a state.

        Args:
            text: The state, from `to_text`.
            policy: The policy of this process; that of the process that wrote the state stays in effect for its buckets.

        Raises:
            ValueError: The text is not a state.
        """
        state, model = load_state(text), cls(policy)
        try:
            buckets: list[_SharedBucket] = [_SharedBucket(*fields) for fields in state["buckets"]]
            model.names, model._seen, model._leased = state["names"], state["seen"], state["leased"]
            model._now = state["now"]
            model._buckets = dict(zip(state["bucket_names"], buckets, strict=False))
            for number, member, bucket, reservation in state["leases"]:
                model._leases[number] = _Lease(member, buckets[int(bucket)], reservation)
            for operation, organization, calls in state["windows"]:
                model._windows.calls[operation, organization] = deque(calls)
        except (IndexError, KeyError, TypeError) as error:
            msg = f"not the state of shared rate limits: {type(error).__name__}: {error}"
            raise ValueError(msg) from error
        return model

    def _bury_former(self, member: str, now: float) -> None:
        """Take back the leases that a process had before it lost the connection to the store, or its log was lost."""
        former = {other for other in self._seen if is_former(other, member)}
        for number, lease in list(self._leases.items()) if former else ():
            if lease.member in former:
                lease.bucket.limiter.lost(self._leases.pop(number).reservation, now)
        for other in former:
            del self._seen[other]
            for bucket in self._buckets.values():
                bucket.forget(other)

    def _bury(self, now: float) -> None:
        """Take back the leases of processes that were not heard of, and forget these."""
        for number, lease in list(self._leases.items()):
            if max(self._seen.get(lease.member, -math.inf), lease.reservation.sent_at) + _DEAD_AFTER < now:
                lease.bucket.limiter.lost(self._leases.pop(number).reservation, now)
        for member, seen_at in list(self._seen.items()):
            if seen_at + _FORGOTTEN_AFTER < now:
                del self._seen[member]
        for bucket in self._buckets.values():
            # The end of a cooldown finds all processes that wait for it, and they are silent until then.
            since = max(bucket.paused_until, 0.0) + _DEAD_AFTER
            for member in list(bucket.demands):
                if now > since and self._seen.get(member, -math.inf) + _DEAD_AFTER < now:
                    bucket.forget(member)

    def _bucket_of(self, operation: str) -> _SharedBucket:
        name = self.names.setdefault(operation, operation)
        if name not in self._buckets:
            self._buckets[name] = _SharedBucket(self._new_limiter())
        return self._buckets[name]

    def _new_limiter(self) -> AdaptiveRateLimiter:
        # Reserved for up to two cycles, and the responses to the last of them are collected.
        return AdaptiveRateLimiter(self._policy, ahead=2 * _CYCLE + FLUSH_SECONDS)

    def _restart(self, bucket: _SharedBucket, now: float, level: float) -> None:
        for number in [number for number, lease in self._leases.items() if lease.bucket is bucket]:
            del self._leases[number]
        bucket.limiter.restart(now, level)
        bucket.frontier = now

    def _learn(self, report: Report, member: str) -> None:
        lease = None if report.lease is None else self._leases.get(report.lease)
        if lease is None or lease.member != member:
            lease = None
        elif report.lease is not None:
            del self._leases[report.lease]
        if report.outcome == "unused":
            if lease is not None:
                lease.bucket.limiter.unused(lease.reservation)
                lease.bucket.add_granted(member, -1)
            return
        if report.limit is not None:
            self._recognize_bucket(report.operation, f"{report.limit.family} {report.limit.limit}")
        bucket = self._bucket_of(report.operation)
        if lease is None or lease.bucket is not bucket:
            if lease is not None:
                lease.bucket.limiter.lost(lease.reservation, report.at)
            reservation = bucket.limiter.reserve(report.sent_at)
        else:
            reservation = lease.reservation
        # It may have been sent later than it was leased for.
        reservation.sent_at = max(reservation.sent_at, report.sent_at)
        if report.outcome == "accepted":
            bucket.limiter.accepted(reservation, report.at, report.limit)
        elif report.outcome == "lost":
            bucket.limiter.lost(reservation, report.at)
        else:
            cooldown = bucket.limiter.rejected(
                reservation, report.at, report.limit, report.pause, is_requested=report.is_requested
            )
            if cooldown:
                bucket.paused_until = max(bucket.paused_until, report.at + cooldown)
                self._void(bucket)

    def _void(self, bucket: _SharedBucket) -> None:
        """Take back the leases that are not due."""
        for number, lease in list(self._leases.items()):
            if lease.bucket is bucket and lease.reservation.sent_at > self._now:
                del self._leases[number]
                bucket.limiter.unused(lease.reservation)
                bucket.add_granted(lease.member, -1)
        bucket.frontier = min(bucket.frontier, self._now)

    def _recognize_bucket(self, operation: str, name: str) -> None:
        """Assign an operation to the bucket that its headers identify."""
        current = self.names.setdefault(operation, operation)
        if current == name:
            return
        is_alone = sum(other == current for other in self.names.values()) == 1
        if is_alone:
            bucket = self._buckets.pop(current, None)
            if bucket is not None:
                self._buckets.setdefault(name, bucket)
        self.names[operation] = name

    def _lease(self, member: str, demand: Demand, now: float) -> tuple[list[tuple[int, float]], float]:
        """Lease requests, and return them with the time to request more."""
        bucket = self._bucket_of(demand.operation)
        bucket.demands[member] = demand.waiting
        balance = bucket.balances.setdefault(member, 0.0)
        limiter, members = bucket.limiter, len(bucket.demands)
        cycle = max(_CYCLE, members / _ENTRIES_PER_SECOND)
        at = max(now, bucket.paused_until)
        if not limiter.follows_headers:
            # Its pacing has one credit, which does not say since when.
            at = max(at, bucket.frontier)
        rate, level = limiter.rate, limiter.level(at)
        share = math.ceil(rate * cycle / members)
        if limiter.is_learning:
            share = min(share, _MAX_BURST_SHARE)
        share = max(1, share, min(_MAX_BURST_SHARE, int(level / 2 / members)))
        # Not less than half a share for long, so that processes which do not use their leases stop no other.
        least = share // 2
        if balance <= -_MAX_BURST_SHARE:
            # The first process to come had most of a burst, and its responses bring it back before the others.
            least, again_at = 1, bucket.granted_at.get(member, -math.inf) + 2 * _POLL
            if now < again_at:
                return [], again_at
        share = max(1, least, min(2 * share, share + round(balance)))
        leases: list[tuple[int, float]] = []
        while len(leases) < min(demand.waiting - demand.held, share, _MAX_LEASES):
            ready_at = limiter.ready_at(at, interactive=demand.interactive)
            if ready_at == math.inf:
                return leases, now + _POLL
            at = max(at, ready_at)
            # A share is granted as a whole: what is left of a cycle would bring its process back at once.
            if at > now + cycle * (2 if leases else 1):
                # When a whole share is free within a cycle; the rate may turn out to be higher before that.
                return leases, min(at + (share / rate if rate else 0.0) - cycle, now + _MAX_PATIENCE)
            self._leased += 1
            reservation = limiter.reserve(at)
            self._leases[self._leased] = _Lease(member, bucket, reservation)
            leases.append((self._leased, at))
            bucket.frontier = max(bucket.frontier, at)
            bucket.add_granted(member, 1)
            bucket.granted_at[member] = now
        return leases, now

    def _count(self, call: WindowCall, now: float) -> float:
        if call.operation not in self._windows.windows:
            return 0.0
        return self._windows.try_acquire(call.operation, call.organization, now)
