"""Retry-After: a wait lasts as long as the server requested, or fails immediately where the call may not wait that long."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

import anyio
import httpx
import pytest

from circleci_v2 import RateLimitError, RetryPolicy, ServerError
from circleci_v2._http.rate_limit.budget import UnlimitedBudget
from circleci_v2._http.rate_limit.limiter import CooldownError, Limiter
from circleci_v2._http.session import CallOptions, Session
from circleci_v2._wire.request import Request
from circleci_v2.config import resolve
from circleci_v2.events import Event, RateLimitWaitEvent, RetryEvent
from tests.http.virtual_time import VirtualClock, settled, virtual_time

pytestmark = pytest.mark.anyio

ROUND_TRIP = 0.02
ME = Request("GET", "/me")


@pytest.fixture
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "anyio_backend" in metafunc.fixturenames:
        metafunc.parametrize("anyio_backend", ["asyncio", "trio"], indirect=True)


@pytest.fixture
async def clock() -> AsyncIterator[VirtualClock]:
    async with virtual_time() as clock:
        yield clock


class Server(httpx.AsyncBaseTransport):
    """Returns the given responses in turn, and then accepts every request; each takes a round trip of virtual time."""

    def __init__(self, clock: VirtualClock, *responses: httpx.Response) -> None:
        self._clock = clock
        self._responses = list(responses)
        self.received_at: list[float] = []
        self.events: list[Event] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = self._responses.pop(0) if self._responses else httpx.Response(200, json={})
        self.received_at.append(self._clock.now())
        await self._clock.sleep(ROUND_TRIP)
        return response

    def session(self, *, seed: int = 0, deadline: float | None = 300.0) -> Session:
        settings = resolve("token", on_event=self.events.append, retry=RetryPolicy(deadline=deadline, max_retries=20))
        return Session(settings, transport=self, clock=self._clock, random=random.Random(seed).random)

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]


def rejections(number: int, retry_after: str) -> list[httpx.Response]:
    return [httpx.Response(429, headers={"Retry-After": retry_after}) for _ in range(number)]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("seconds", [1, 4, 10])
@pytest.mark.parametrize("in_a_row", [1, 3])
async def test_the_first_call_takes_as_long_as_the_server_requested(
    clock: VirtualClock, in_a_row: int, seconds: int, seed: int
):
    server = Server(clock, *rejections(in_a_row, str(seconds)))
    await server.session(seed=seed).send(ME)
    assert in_a_row * seconds <= clock.now() <= in_a_row * (1.1 * seconds + 0.3)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("rejected", [1, 3, 5, 10])
async def test_ten_concurrent_first_calls_take_as_long_as_the_server_requested(
    clock: VirtualClock, rejected: int, seed: int
):
    server = Server(clock, *rejections(rejected, "4"))
    session = server.session(seed=seed)
    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(session.send, ME)
    # With `initial` = 5, the rest of ten rejected calls is rejected only after the first pause.
    pauses = 1 if rejected <= 5 else 2
    assert clock.now() <= pauses * (1.1 * 4 + 0.3)
    assert len(server.received_at) == 10 + rejected


@pytest.mark.parametrize("calls", [1, 5])
async def test_both_events_state_the_same_wait(clock: VirtualClock, calls: int):
    server = Server(clock, *rejections(calls, "4"))
    session = server.session()
    async with anyio.create_task_group() as group:
        for _ in range(calls):
            group.start_soon(session.send, ME)
    announced = {event.call: event.delay for event in server.of(RetryEvent) if isinstance(event, RetryEvent)}
    waited = {e.call: e.waited for e in server.of(RateLimitWaitEvent) if isinstance(e, RateLimitWaitEvent)}
    assert len(announced) == calls
    assert waited == pytest.approx(announced, abs=0.01)


async def test_a_wait_within_the_deadline_is_waited(clock: VirtualClock):
    server = Server(clock, *rejections(1, "4"))
    await server.session(deadline=6).send(ME)
    assert len(server.received_at) == 2


@pytest.mark.parametrize("calls", [1, 10])
async def test_a_wait_beyond_the_deadline_fails_immediately_with_the_seconds(clock: VirtualClock, calls: int):
    server = Server(clock, *rejections(calls, "10"))
    session = server.session(deadline=6)

    async def fails() -> None:
        with pytest.raises(RateLimitError) as caught:
            await session.send(ME)
        assert caught.value.retry_after == pytest.approx(10, rel=0.11)

    async with anyio.create_task_group() as group:
        for _ in range(calls):
            group.start_soon(fails)
    assert clock.now() <= 1


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("seconds", ["3601", "86401", "999999999"])
async def test_more_than_an_hour_is_not_waited_for_even_without_a_deadline(
    clock: VirtualClock, status: int, seconds: str
):
    server = Server(clock, httpx.Response(status, headers={"Retry-After": seconds}))
    with pytest.raises(RateLimitError if status == 429 else ServerError) as caught:
        await server.session(deadline=None).send(ME)
    assert caught.value.headers["Retry-After"] == seconds
    assert clock.now() < 1


@pytest.mark.parametrize("status", [429, 503])
async def test_half_an_hour_is_waited_for_without_a_deadline(clock: VirtualClock, status: int):
    server = Server(clock, httpx.Response(status, headers={"Retry-After": "1800"}))
    await server.session(deadline=None).send(ME)
    assert 1800 <= clock.now() <= 1802


async def test_later_calls_of_the_operation_fail_immediately_in_a_pause_of_more_than_an_hour(clock: VirtualClock):
    server = Server(clock, *rejections(1, "7200"))
    session = server.session(deadline=None)
    for _ in range(2):
        with pytest.raises(RateLimitError) as caught:
            await session.send(ME)
        assert caught.value.retry_after == pytest.approx(7200, rel=0.01)
    assert len(server.received_at) == 1


async def test_a_rejection_without_retry_after_does_not_hold_other_calls(clock: VirtualClock):
    server = Server(clock, httpx.Response(200, json={}), httpx.Response(429))
    session = server.session()
    await session.send(ME)
    rejected_at = clock.now() + ROUND_TRIP
    async with anyio.create_task_group() as group:
        group.start_soon(session.send, ME)
        while clock.now() < rejected_at:
            await clock.sleep(ROUND_TRIP)
        await session.send(ME)
        assert clock.now() <= rejected_at + 3 * ROUND_TRIP


async def test_a_budget_that_allows_the_next_request_too_late_fails_a_retry_immediately(clock: VirtualClock):
    class Slow(UnlimitedBudget):
        def ready_at(self, now: float, *, interactive: bool) -> float:
            return 5.0

    limiter = Limiter(max_concurrency=1, clock=clock, new_budget=lambda _: Slow())
    with pytest.raises(CooldownError) as caught:
        await limiter.acquire("a", interactive=True, sequence=1, max_wait=9.0, max_delay=3.0)
    assert caught.value.seconds == pytest.approx(5.0)
    assert clock.now() == 0.0


async def test_a_retry_that_is_still_queued_at_its_deadline_raises_the_rejection():
    class Stuck(httpx.AsyncBaseTransport):
        """Rejects the first request, and never responds to the second one."""

        requests = 0

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            self.requests += 1
            if self.requests == 1:
                await other_call_waits.wait()
                return httpx.Response(429, headers={"Retry-After": "0"})
            await anyio.sleep_forever()
            raise AssertionError

    other_call_waits = anyio.Event()
    session = Session(resolve("token", max_concurrency=1), transport=Stuck())
    async with anyio.create_task_group() as group:

        async def fails() -> None:
            with pytest.raises(RateLimitError) as caught:
                await session.send(ME, CallOptions(priority="bulk", retry=RetryPolicy(deadline=0.1)))
            assert caught.value.retry_after == 0
            group.cancel_scope.cancel()

        group.start_soon(fails)
        await settled()
        group.start_soon(session.send, ME, CallOptions(priority="interactive", retry=RetryPolicy(deadline=None)))
        await settled()
        other_call_waits.set()
