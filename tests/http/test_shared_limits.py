"""Rate limits that several clients share through a store, in virtual time."""

from __future__ import annotations

import logging
import random
from collections.abc import AsyncIterator
from functools import partial

import anyio
import httpx
import pytest

from circleci_v2 import APIConnectionError, ConfigurationError, RateLimitError, RateLimitPolicy, RetryPolicy, StoreError
from circleci_v2._http.session import CallOptions
from circleci_v2._wire.request import Request
from circleci_v2.events import StoreEvent
from circleci_v2.fleet import MemoryStore
from circleci_v2.operations import OPERATIONS
from tests.http.limited import TokenBucket, Verdict
from tests.http.shared_fleet import ME, Fleet
from tests.http.virtual_time import VirtualClock, settled, virtual_time

pytestmark = pytest.mark.anyio

EXPORT = Request.of(OPERATIONS["createUsageExport"], "/organizations/acme/usage_export_job", body={})


@pytest.fixture
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "anyio_backend" in metafunc.fixturenames:
        metafunc.parametrize("anyio_backend", ["asyncio", "trio"], indirect=True)


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[VirtualClock]:
    # trio runs tasks in a random order, of which the figures depend; a failure is to speak of the change at hand.
    monkeypatch.setattr("trio._core._run._r", random.Random(0))
    async with virtual_time() as clock:
        yield clock


def fifty(*, headers: bool = True) -> TokenBucket:
    return TokenBucket(50, 50, headers=headers)


def ideal(calls: int) -> float:
    return (calls - 50) / 50 + 0.02


def outages(fleet: Fleet) -> list[list[bool]]:
    return [[event.available for event in events if isinstance(event, StoreEvent)] for events in fleet.events]


async def test_processes_share_a_limit_evenly_with_few_exchanges(clock: VirtualClock):
    fleet = Fleet(clock, fifty())
    await fleet.run(150)
    assert clock.now() <= 1.06 * ideal(600)
    assert len(fleet.transport.rejected_at) <= 6
    assert max(fleet.finished_at) <= 1.10 * min(fleet.finished_at)
    assert fleet.memory.exchanges <= 0.6 * 600
    await fleet.aclose()


async def test_processes_share_a_limit_that_no_header_describes(clock: VirtualClock):
    fleet = Fleet(clock, fifty(headers=False))
    await fleet.run(150)
    assert clock.now() <= 1.25 * ideal(600)
    assert len(fleet.transport.rejected_at) <= 0.05 * 600
    assert max(fleet.finished_at) <= 1.10 * min(fleet.finished_at)
    await fleet.aclose()


async def test_a_client_that_comes_later_begins_with_the_limits_that_others_learned(clock: VirtualClock):
    fleet = Fleet(clock, fifty(), size=2)
    await fleet.run(100, members=range(1))
    began_at = clock.now()
    await fleet.run(100, members=range(1, 2))
    assert clock.now() - began_at <= 1.03 * 100 / 50
    assert len(fleet.transport.rejected_at) <= 2
    await fleet.aclose()


async def test_the_rest_goes_on_when_a_process_dies(clock: VirtualClock):
    fleet = Fleet(clock, fifty())
    async with anyio.create_task_group() as group:
        group.start_soon(partial(fleet.run, 1000, members=range(1)))
        await clock.sleep(3.0)
        # Neither its requests nor its exchanges go on: nothing reports its leases any more.
        fleet.sessions[0]._limits._shared._is_closed = True
        group.cancel_scope.cancel()
    await fleet.run(100, members=range(1, 4))
    assert clock.now() - 3.0 <= 1.1 * 300 / 50 + 1.0
    await fleet.aclose()


async def test_without_the_store_calls_go_on_and_one_warning_and_event_report_it(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
):
    fleet = Fleet(clock, fifty(), size=2)
    async with anyio.create_task_group() as group:
        group.start_soon(fleet.run, 250)
        await clock.sleep(2.0)
        fleet.memory.error = ConnectionRefusedError("Connection refused")
        await clock.sleep(3.0)
        during = len(fleet.transport.accepted_at)
        fleet.memory.error = None
        fleet.memory.clear()
    assert during >= 0.9 * (50 + 50 * 5)
    assert clock.now() <= 1.1 * ideal(500)
    assert len(fleet.transport.rejected_at) <= 0.02 * 500
    assert outages(fleet) == [[False, True]] * 2
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 4
    assert warnings[0].endswith("is away, each process goes on alone: ConnectionRefusedError: Connection refused")
    assert warnings[-1].endswith("is back: this process shares its limits again")
    await fleet.aclose()


async def test_an_emptied_store_is_filled_again_by_what_a_process_knows(clock: VirtualClock):
    fleet = Fleet(clock, fifty(), size=2)
    async with anyio.create_task_group() as group:
        group.start_soon(fleet.run, 200)
        await clock.sleep(2.0)
        fleet.memory.clear()
    assert clock.now() <= 1.20 * ideal(400)
    assert len(fleet.transport.rejected_at) <= 0.15 * 400
    assert outages(fleet) == [[], []]
    await clock.sleep(1.0)
    assert fleet.model().leased == 0
    await fleet.aclose()


async def test_a_store_that_was_never_there_does_not_stop_the_first_call(clock: VirtualClock):
    fleet = Fleet(clock, fifty(), size=1)
    fleet.memory.error = StoreError("away")
    await fleet.run(1)
    assert clock.now() <= 0.05
    await fleet.aclose()
    assert outages(fleet) == [[False]]


@pytest.mark.parametrize("error", [ValueError("a bug in a store"), KeyError("x")])
async def test_whatever_a_store_raises_calls_go_on(clock: VirtualClock, error: Exception):
    fleet = Fleet(clock, fifty(), size=1)
    fleet.memory.error = error
    await fleet.run(60)
    assert len(fleet.transport.accepted_at) == 60
    await fleet.aclose()


async def test_a_store_with_the_text_of_something_else_is_like_one_that_is_away(clock: VirtualClock):
    fleet = Fleet(clock, fifty(), size=2)
    await fleet.run(1, members=range(1))
    (log,) = fleet.memory._logs.values()
    log.snapshot = "<html>"
    await fleet.run(10, members=range(1, 2))
    assert outages(fleet)[1] == [False]
    await fleet.aclose()


async def test_entries_of_something_else_are_left_out(clock: VirtualClock):
    fleet = Fleet(clock, fifty(), size=2)
    await fleet.run(5, members=range(1))
    (log,) = fleet.memory._logs.values()
    log.entries.append((clock.now(), "<html>"))
    await fleet.run(5)
    assert outages(fleet) == [[], []]
    await fleet.aclose()


async def test_a_retry_after_pauses_all_processes(clock: VirtualClock):
    class Once:
        rejected = False

        def ask(self, now: float) -> Verdict:
            is_first, self.rejected = now > 1.0 and not self.rejected, self.rejected or now > 1.0
            return Verdict(not is_first, None, 5 if is_first else None)

    fleet = Fleet(clock, Once(), size=3, concurrency=5)
    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(fleet.run, 200)
            await clock.sleep(0.5)
    (rejected_at,) = fleet.transport.rejected_at
    # A cycle of leases may be in use already.
    assert not [at for at in fleet.transport.accepted_at if rejected_at + 0.5 < at < rejected_at + 5.0]
    await fleet.aclose()


async def test_nothing_is_exchanged_while_nothing_is_called(clock: VirtualClock):
    fleet = Fleet(clock, fifty(), size=2)
    await fleet.run(20)
    await clock.sleep(10.0)
    before = fleet.memory.exchanges
    await clock.sleep(100.0)
    assert fleet.memory.exchanges == before
    assert [session._limits._shared._ended for session in fleet.sessions] == [None, None]
    assert fleet.model().leased == 0
    await fleet.aclose()


async def test_a_closed_client_gives_its_leases_back(clock: VirtualClock):
    fleet = Fleet(clock, fifty(), size=2)
    await fleet.run(60)
    await fleet.sessions[0].aclose()
    await fleet.run(1, members=range(1, 2))
    await clock.sleep(1.0)
    assert fleet.model().leased == 0
    await fleet.aclose()


async def test_cancelled_calls_leave_nothing_behind(clock: VirtualClock):
    fleet = Fleet(clock, fifty(), size=2)
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(fleet.run, 200)
            await clock.sleep(1.5)
            scope.cancel()
    began_at = clock.now()
    await fleet.run(100)
    assert clock.now() - began_at <= 1.1 * 200 / 50 + 0.5
    await fleet.aclose()


async def test_the_store_knows_neither_the_token_nor_the_organization(clock: VirtualClock):
    fleet = Fleet(clock, fifty(), size=1)
    await fleet.sessions[0].send(EXPORT)
    await fleet.run(3)
    (key,) = fleet.memory.keys
    (log,) = fleet.memory._logs.values()
    content = f"{key} {log.snapshot} {log.entries}"
    assert key.startswith("circleci_v2:")
    assert "token" not in content
    assert "acme" not in content
    await fleet.aclose()


async def test_ten_usage_exports_per_hour_are_those_of_all_processes(clock: VirtualClock):
    fleet = Fleet(clock, TokenBucket(1000, 1000), size=4)
    for index in range(10):
        await fleet.sessions[index % 4].send(EXPORT)
    quick = CallOptions(retry=RetryPolicy(deadline=60.0))
    with pytest.raises(RateLimitError) as caught:
        await fleet.sessions[0].send(EXPORT, quick)
    assert caught.value.retry_after == pytest.approx(3600.0, abs=5.0)
    await fleet.sessions[0].send(EXPORT)
    assert clock.now() >= 3600.0
    await fleet.aclose()


async def test_usage_exports_without_the_store_are_counted_when_it_is_back(clock: VirtualClock):
    fleet = Fleet(clock, TokenBucket(1000, 1000), size=2)
    fleet.memory.error = StoreError("away")
    for _ in range(10):
        await fleet.sessions[0].send(EXPORT)
    with pytest.raises(RateLimitError):
        await fleet.sessions[0].send(EXPORT, CallOptions(retry=RetryPolicy(deadline=60.0)))
    fleet.memory.error = None
    await clock.sleep(2.0)
    await fleet.run(5)
    await clock.sleep(1.0)
    with pytest.raises(RateLimitError):
        await fleet.sessions[1].send(EXPORT, CallOptions(retry=RetryPolicy(deadline=60.0)))
    await fleet.aclose()


async def test_a_usage_export_that_was_never_sent_does_not_count(clock: VirtualClock):
    fleet = Fleet(clock, TokenBucket(1000, 1000), size=2)

    async def unreachable(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route")

    sent, fleet.transport.handle_async_request = fleet.transport.handle_async_request, unreachable
    for _ in range(10):
        with pytest.raises(Exception, match="no route"):
            await fleet.sessions[0].send(EXPORT, CallOptions(retry=RetryPolicy(max_retries=0)))
    fleet.transport.handle_async_request = sent
    await settled()
    for _ in range(10):
        await fleet.sessions[1].send(EXPORT)
    assert clock.now() < 3600.0
    await fleet.aclose()


async def test_calls_that_are_closed_while_they_wait_end(clock: VirtualClock):
    fleet = Fleet(clock, fifty(), size=1)
    failures: list[Exception] = []

    async def call() -> None:
        try:
            await fleet.sessions[0].send(ME)
        except (APIConnectionError, ConfigurationError) as error:
            failures.append(error)

    async with anyio.create_task_group() as group:
        for _ in range(300):
            group.start_soon(call)
        await clock.sleep(1.0)
        await fleet.aclose()
    assert len(failures) >= 100


async def test_many_processes_share_a_limit_evenly(clock: VirtualClock):
    fleet = Fleet(clock, fifty(), size=10)
    await fleet.run(100)
    assert clock.now() <= 1.03 * ideal(1000)
    assert max(fleet.finished_at) <= 1.15 * min(fleet.finished_at)
    assert fleet.memory.exchanges <= 1.5 * 1000
    await fleet.aclose()


async def test_a_slow_store_keeps_the_rate(clock: VirtualClock):
    fleet = Fleet(clock, fifty())
    for session in fleet.sessions:
        session._limits._shared._store.seconds = 0.05
    await fleet.run(150)
    assert clock.now() <= 1.06 * ideal(600)
    assert len(fleet.transport.rejected_at) <= 0.02 * 600
    await fleet.aclose()


def test_a_store_needs_a_budget_to_share():
    with pytest.raises(ConfigurationError, match="leave out one of the two"):
        RateLimitPolicy(enabled=False, store=MemoryStore())
    with pytest.raises(
        ConfigurationError, match=r"store='redis://x' is not a store: pass circleci_v2.fleet.RedisStore"
    ):
        RateLimitPolicy(store="redis://x")  # type: ignore[arg-type]
