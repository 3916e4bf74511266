"""SharedLimits: the rate limits of one process among several that share them through a store.

`shared_model.SharedModel` decides which process may send when; this module exchanges entries for leases, and is the only
one that waits for the store. A task of its own does that: it runs while requests wait, leases are held or reports are due,
and ends when there is nothing to exchange, so that an idle client does not work in the background.

Every budget also feeds a limiter of its own, as without a store. When the store cannot be reached, the process goes on
with these at once, and tries the store again about every second while calls are made.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from hashlib import blake2b
from typing import Final

import anyio
import attrs

from circleci_v2._http.lifecycle import SessionClock
from circleci_v2._http.rate_limit.budget import Budget
from circleci_v2._http.rate_limit.limiter import Limiter
from circleci_v2._http.rate_limit.shared_budget import SharedBudget
from circleci_v2._http.rate_limit.shared_entries import Demand, Entry, Report, new_member, next_member
from circleci_v2._http.rate_limit.shared_model import FLUSH_SECONDS, MODEL_VERSION, Grant, SharedModel
from circleci_v2._http.rate_limit.shared_windows import SharedWindows
from circleci_v2.config import Settings
from circleci_v2.errors import StoreError
from circleci_v2.policies import Store, StoreConnection, StoreReply

__all__ = ["SharedLimits", "store_key"]

# Seconds after its time at which a lease is given back if no request waits.
_HOLD_SECONDS: Final = 0.2
# Seconds before the last lease is due at which more are requested, besides two round trips to the store.
_LEAD_SECONDS: Final = 0.01
_MAX_LEAD_SECONDS: Final = 0.1
# Seconds for which reports are collected while the model learns from each of them.
_LEARNING_FLUSH_SECONDS: Final = 0.005
# Seconds until the store is tried again, doubled up to the maximum.
_RETRY_SECONDS: Final = 0.1
_MAX_RETRY_SECONDS: Final = 1.0
# Entries after which the store gets a new snapshot of the state.
_SNAPSHOT_ENTRIES: Final = 256
# How much the shortest round trip to the store grows per exchange, so that a better estimate of its clock replaces it.
_ROUND_TRIP_GROWTH: Final = 1.01
# Joining a log, filling an emptied one and going on after another process did take two exchanges each.
_MAX_ATTEMPTS: Final = 4


def store_key(base_url: str, token: str) -> str:
    """Return the key of the limits of a token: a hash, from which the token cannot be found.

    Args:
        base_url: The URL of the API.
        token: The token.
    """
    host = base_url.partition("://")[2].partition("/")[0].lower()
    digest = blake2b(f"{host}\0{token}".encode(), digest_size=16, person=b"circleci_v2")
    return f"circleci_v2:{MODEL_VERSION}:{digest.hexdigest()}"


class SharedLimits:
    """Exchanges entries with the processes that share a store.

    Args:
        settings: The settings of the client.
        store: The store.
        clock: The time.
        token: Returns the token; called before the first exchange.
        on_outage: Called with the error when the store cannot be reached, and with None when it is back.

    Attributes:
        is_degraded: Whether the store cannot be reached.
        outages: How often leases became void because it could not be reached.
        windows: The published limits.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        *,
        clock: SessionClock,
        token: Callable[[], Awaitable[str]],
        on_outage: Callable[[Exception | None], None],
    ) -> None:
        self._policy, self._base_url = settings.rate_limit, settings.base_url
        self._store = store
        self._clock, self._token, self._on_outage = clock, token, on_outage
        self._limiter: Limiter | None = None
        self._connection: StoreConnection | None = None
        self._key: str | None = None
        self._member = new_member()
        self._model = SharedModel(self._policy)
        self._epoch, self._position, self._is_long = "", 0, False
        self._offset, self._round_trip = 0.0, math.inf
        self._budgets: list[SharedBudget] = []
        self._reports: list[Report] = []
        self._report_due = math.inf
        self._exchanged_at = -math.inf
        self._wake: anyio.Event | None = None
        self._ended: anyio.Event | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_called = self._is_closed = False
        self._retry_at, self._retry_seconds = -math.inf, _RETRY_SECONDS
        self.is_degraded = False
        self.outages = 0
        self.windows = SharedWindows(self)

    def new_limiter(self, *, max_concurrency: int) -> Limiter:
        """Return the limiter of the client.

        Args:
            max_concurrency: How many requests may be in flight.
        """
        self._limiter = Limiter(
            max_concurrency=max_concurrency,
            clock=self._clock,
            new_budget=self._new_budget,
            bucket_name=lambda operation: self._model.names.get(operation, operation),
        )
        return self._limiter

    def _new_budget(self, operation: str) -> Budget:
        budget = SharedBudget(self, operation, self._policy)
        self._budgets.append(budget)
        return budget

    # The interface of `shared_budget.Exchange`.

    def store_time(self, local: float) -> float:
        """Return the time by the clock of the store for one by that of this process."""
        return local + self._offset

    def local_time(self, at_store: float) -> float:
        """Return the time by the clock of this process for one by that of the store."""
        return at_store - self._offset

    def add_report(self, report: Report, *, is_urgent: bool) -> None:
        """Report the outcome of a request with the next exchange."""
        if self.is_degraded or self._is_closed:
            return
        self._reports.append(report)
        now = self._clock.now()
        if report.outcome == "unused":
            due = now + FLUSH_SECONDS
        elif is_urgent:
            due = now
        else:
            is_learning = self._model.is_learning(report.operation)
            due = max(now, self._exchanged_at + (_LEARNING_FLUSH_SECONDS if is_learning else FLUSH_SECONDS))
        if due < self._report_due:
            self._report_due = due
            self.exchange_soon()

    def exchange_soon(self) -> None:
        """Start the task of exchanges, or let it find out whether anything is due."""
        if self._is_closed:
            return
        self._is_called = True
        if self._ended is None:
            self._ended = anyio.Event()
            self._start()
        elif self._wake is not None:
            self._wake.set()

    # The task of exchanges.

    def _start(self) -> None:
        """Run the exchanges in a task of their own, which no cancellation of a call ends."""
        if anyio.get_cancelled_exc_class() is asyncio.CancelledError:
            self._task = asyncio.get_running_loop().create_task(self._run_exchanges())
        else:
            import trio  # noqa: PLC0415 - the running event loop is that of trio

            trio.lowlevel.spawn_system_task(self._run_exchanges)

    async def _run_exchanges(self) -> None:
        """Exchange whatever is due, until nothing is."""
        try:
            while not self._is_closed and (due := self._due_at(now := self._clock.now())) < math.inf:
                if due > now:
                    self._wake = anyio.Event()
                    await self._clock.wait(self._wake, due)
                    self._wake = None
                else:
                    await self._exchange()
        finally:
            self._wake, ended, self._ended = None, self._ended, None
            if ended is not None:
                ended.set()

    def _due_at(self, now: float) -> float:
        """Return when the next exchange is due; `math.inf` if there is nothing to exchange."""
        queues = [] if self._limiter is None else list(self._limiter.queues())
        if self.is_degraded:
            # Calls need not wait for anything then; once after the last one, the store is tried again.
            return self._retry_at if queues or self._is_called else math.inf
        due = self._report_due
        if self.windows.is_due:
            due = now
        waiting: set[Budget] = set()
        for queue in queues:
            if isinstance(budget := queue.budget, SharedBudget):
                waiting.add(budget)
                due = min(due, self._request_due_at(queue.waiting, budget, now))
        for budget in self._budgets:
            if budget.leases and budget not in waiting:
                due = min(due, self.local_time(budget.leases[-1][1]) + _HOLD_SECONDS)
        return due

    def _request_due_at(self, waiting: int, budget: SharedBudget, now: float) -> float:
        """Return when to request further leases for a budget."""
        if waiting <= len(budget.leases):
            return math.inf
        due = max(budget.again_at, self._paused_until(budget.operation))
        if not budget.leases:
            return due
        if self.local_time(budget.leases[0][1]) <= now:
            # The number of concurrent requests holds them back, and not the rate.
            return math.inf
        lead = min(_MAX_LEAD_SECONDS, _LEAD_SECONDS + 2 * self._round_trip)
        return max(due, self.local_time(budget.leases[-1][1]) - lead)

    def _paused_until(self, operation: str) -> float:
        return self.local_time(self._model.paused_until(operation))

    async def _exchange(self) -> None:
        self._is_called = False
        try:
            await self._try_exchange()
        except Exception as error:  # noqa: BLE001 - whatever a store raises, calls have to go on
            self._begin_outage(error)
        else:
            self._retry_seconds = _RETRY_SECONDS
            if self.is_degraded:
                self.is_degraded = False
                self._on_outage(None)
        if self._limiter is not None and not self._is_closed:
            self._limiter.dispatch()

    async def _try_exchange(self) -> None:
        queues = [] if self._limiter is None else list(self._limiter.queues())
        budgets = {queue.operation: queue.budget for queue in queues if isinstance(queue.budget, SharedBudget)}
        now = self._clock.now()
        for budget in self._budgets:
            if budget not in budgets.values():
                budget.drop_leases(now - _HOLD_SECONDS)
        calls = self.windows.take()
        reports, self._reports, self._report_due = self._reports, [], math.inf
        entry = Entry(
            member=self._member,
            reports=tuple(reports),
            demands=tuple(
                Demand(
                    operation=queue.operation,
                    waiting=queue.waiting,
                    held=len(budgets[queue.operation].leases),
                    interactive=queue.interactive,
                )
                for queue in queues
                if queue.operation in budgets
            ),
            window_calls=calls,
            levels=self._local_levels(now) if self.is_degraded else {},
        )
        try:
            grant = await self._append(entry)
        except BaseException:
            self.windows.fail()
            raise
        self.windows.settle(grant)
        self._apply(grant, budgets)

    def _local_levels(self, now: float) -> dict[str, float]:
        return {budget.operation: budget.local.level(now) for budget in self._budgets}

    async def _append(self, entry: Entry) -> Grant:
        """Append an entry to the log, apply all entries up to it, and return what it was granted."""
        self._key = self._key or store_key(self._base_url, await self._token())
        self._connection = self._connection or self._store.connect()
        is_empty = False
        for _ in range(_MAX_ATTEMPTS):
            # The state at `position`; the store may be empty, have no other, or have a long log since its own.
            snapshot = self._model.to_text() if self._is_long or is_empty or not self._epoch else None
            sent_at = self._clock.now()
            reply = await self._connection.exchange(
                self._key,
                epoch="" if is_empty else self._epoch,
                position=self._position,
                entry=entry.to_text(),
                snapshot=snapshot,
            )
            self._measure_offset(sent_at, self._clock.now(), reply.now)
            is_empty = not reply.epoch
            if self._epoch and not reply.is_appended and reply.epoch != self._epoch:
                # The log may lack entries of this process, and with them what became of its leases.
                self._void_leases()
                self._member = next_member(self._member)
                entry = attrs.evolve(entry, member=self._member)
            if is_empty:
                continue
            if reply.snapshot is not None:
                self._model = SharedModel.from_text(reply.snapshot, self._policy)
            grant = self._replay(reply, entry.member)
            if grant is not None:
                return grant
        msg = "the state of the store changes with every exchange"
        raise StoreError(msg)

    def _replay(self, reply: StoreReply, member: str) -> Grant | None:
        """Apply the entries of a reply; return what the last one of this process was granted, if it was appended."""
        grant = None
        for stamp, text in reply.entries:
            try:
                entry = Entry.from_text(text)
            except ValueError:
                # All processes leave it out alike.
                continue
            granted = self._model.apply(entry, stamp)
            if entry.member == member:
                grant = granted
        self._epoch, self._position = reply.epoch, reply.position + len(reply.entries)
        self._is_long = self._position - reply.snapshot_at >= _SNAPSHOT_ENTRIES
        return grant if reply.is_appended else None

    def _apply(self, grant: Grant, budgets: dict[str, SharedBudget]) -> None:
        limiter, now = self._limiter, self._clock.now()
        self._exchanged_at = now
        for operation, leases in grant.leases.items():
            budgets[operation].leases.extend(leases)
            budgets[operation].again_at = self.local_time(grant.again_at[operation])
        if limiter is None:
            return
        for operation, name in self._model.names.items():
            if name != operation:
                limiter.assign(operation, name)
        for budget in self._budgets:
            until = self._paused_until(budget.operation)
            if until > now:
                # Granted before the rejection.
                budget.drop_leases(until)
                limiter.pause(budget.operation, until)

    def _measure_offset(self, sent_at: float, received_at: float, at_store: float) -> None:
        round_trip = received_at - sent_at
        self._round_trip *= _ROUND_TRIP_GROWTH
        if round_trip <= self._round_trip:
            self._round_trip, self._offset = round_trip, at_store - (sent_at + received_at) / 2

    def _begin_outage(self, error: Exception) -> None:
        now = self._clock.now()
        self._retry_at = now + self._retry_seconds
        self._retry_seconds = min(_MAX_RETRY_SECONDS, 2 * self._retry_seconds)
        self._void_leases()
        # The entry may have arrived nevertheless: its leases end with the process that it came from.
        self._member = new_member()
        if not self.is_degraded and not self._is_closed:
            self.is_degraded = True
            self._on_outage(error)

    def _void_leases(self) -> None:
        """Forget what other processes may not know of any more."""
        self.outages += 1
        self._reports, self._report_due = [], math.inf
        for budget in self._budgets:
            budget.leases.clear()
            budget.again_at = -math.inf

    async def aclose(self) -> None:
        """Report what is left, give the leases back, and close the connection to the store."""
        was_used = self._connection is not None and not self.is_degraded
        for budget in self._budgets:
            budget.drop_leases(math.inf)
        self._is_closed = True
        if self._wake is not None:
            self._wake.set()
        if self._ended is not None:
            await self._ended.wait()
        if was_used and (self._reports or self.windows.is_due):
            await self._exchange()
        self.windows.fail()
        if self._connection is not None:
            await self._connection.aclose()
