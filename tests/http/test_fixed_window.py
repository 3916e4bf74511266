"""FixedWindowLimiter: the published limits of usage exports are kept from the first call on, without a rejection."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import anyio
import httpx
import pytest

from circleci_v2 import APIConnectionError, CircleCI, RateLimitError, RateLimitPolicy, RetryPolicy
from circleci_v2._http.session import Session
from circleci_v2._wire.request import Request
from circleci_v2.config import resolve
from circleci_v2.events import Event, RateLimitWaitEvent
from circleci_v2.operations import OPERATIONS

pytestmark = pytest.mark.anyio

ACME, OTHER = UUID(int=1), UUID(int=2)
WINDOW = {"start": datetime(2026, 3, 1, tzinfo=UTC), "end": datetime(2026, 3, 2, tzinfo=UTC)}
AN_HOUR = 3600.0


class Server:
    def __init__(self) -> None:
        self.paths: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.paths.append(request.url.path)
        answer = {"usage_export_job_id": str(UUID(int=len(self.paths))), "state": "created"}
        return httpx.Response(201, json={**answer, "start": "2026-03-01T00:00:00Z", "end": "2026-03-02T00:00:00Z"})


class Clock:
    """A clock that jumps to the end of every wait."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    async def wait(self, event: anyio.Event, until: float) -> None:
        self.time = until


async def create(circleci: CircleCI, organization: UUID) -> None:
    await circleci.usage.create_export(organization, **WINDOW)


async def test_the_eleventh_export_within_an_hour_is_rejected_without_being_sent():
    server = Server()
    async with CircleCI("token", transport=httpx.MockTransport(server)) as circleci:
        for _ in range(10):
            await create(circleci, ACME)
        with pytest.raises(RateLimitError, match=r"allows 10 calls of createUsageExport in 3600 s") as caught:
            await create(circleci, ACME)
    assert len(server.paths) == 10
    assert caught.value.retry_after == pytest.approx(AN_HOUR, abs=60)


async def test_the_eleventh_poll_within_an_hour_is_rejected_without_being_sent():
    server = Server()
    async with CircleCI("token", transport=httpx.MockTransport(server)) as circleci:
        for number in range(10):
            await circleci.usage.get_export(str(ACME), UUID(int=number))
        with pytest.raises(RateLimitError, match=r"allows 10 calls of getUsageExport in 3600 s") as caught:
            await circleci.usage.get_export(str(ACME), UUID(int=10))
        # Another organization, and another operation of the same organization, have limits of their own.
        await circleci.usage.get_export(str(OTHER), UUID(int=11))
        await create(circleci, ACME)
    assert len(server.paths) == 12
    assert caught.value.retry_after == pytest.approx(AN_HOUR, abs=60)


async def test_each_organization_has_a_limit_of_its_own():
    server = Server()
    async with CircleCI("token", transport=httpx.MockTransport(server)) as circleci:
        for _ in range(10):
            await create(circleci, ACME)
        await create(circleci, OTHER)
    assert len(server.paths) == 11


async def test_a_call_without_a_deadline_waits_until_the_window_allows_it():
    server, clock, told = Server(), Clock(), list[Event]()
    settings = resolve("token", retry=RetryPolicy(deadline=None), on_event=told.append)
    session = Session(settings, transport=httpx.MockTransport(server), clock=clock)
    path = f"/organizations/{ACME}/usage_export_job"
    request = Request.of(OPERATIONS["createUsageExport"], path, body=WINDOW)
    for number in range(11):
        clock.time = max(clock.time, float(number))
        await session.send(request)
    assert len(server.paths) == 11
    assert clock.time == pytest.approx(AN_HOUR)
    assert [event.waited for event in told if isinstance(event, RateLimitWaitEvent)] == [AN_HOUR - 10]
    await session.aclose()


async def test_disabled_rate_limiting_disables_published_limits():
    server = Server()
    policy = RateLimitPolicy(enabled=False)
    async with CircleCI("token", transport=httpx.MockTransport(server), rate_limit=policy) as circleci:
        for _ in range(12):
            await create(circleci, ACME)
    assert len(server.paths) == 12


async def test_a_call_that_never_reached_circleci_does_not_count():
    server, listens = Server(), False

    def answer(request: httpx.Request) -> httpx.Response:
        if not listens:
            raise httpx.ConnectError("nobody listens", request=request)
        return server(request)

    async with CircleCI("token", transport=httpx.MockTransport(answer), retry=RetryPolicy(max_retries=0)) as circleci:
        for _ in range(12):
            with pytest.raises(APIConnectionError):
                await create(circleci, ACME)
        listens = True
        for _ in range(10):
            await create(circleci, ACME)
        with pytest.raises(RateLimitError):
            await create(circleci, ACME)


async def test_a_call_that_was_cancelled_while_waiting_does_not_count():
    server, begun, over = Server(), anyio.Event(), anyio.Event()

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            begun.set()
            await over.wait()
        return server(request)

    async with (
        CircleCI("token", transport=httpx.MockTransport(answer), max_concurrency=1) as circleci,
        anyio.create_task_group() as group,
    ):
        group.start_soon(circleci.request, "GET", "/me")
        await begun.wait()
        for _ in range(10):
            with anyio.move_on_after(0):
                await create(circleci, ACME)
        over.set()
        await create(circleci, ACME)
