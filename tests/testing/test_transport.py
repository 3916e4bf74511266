from __future__ import annotations

import time

import anyio
import httpx
import pytest

from circleci_v2 import APITimeoutError, CircleCI, RateLimitError, RetryPolicy, Timeout
from circleci_v2.errors import ConfigurationError
from circleci_v2.testing import Clock, FakeCircleCI, FakeRateLimit
from circleci_v2.testing.clock import SkippedWaits
from tests.testing.conftest import BASE_URL
from tests.testing.live import http_of


@pytest.mark.anyio
async def test_an_asynchronous_client_needs_no_socket(fake: FakeCircleCI) -> None:
    async with httpx.AsyncClient(transport=fake.transport(), base_url=BASE_URL) as http:
        response = await http.get("/me", headers={"Circle-Token": fake.token})
    assert response.json()["login"] == "fake-user"


def test_artifacts_are_on_circlecis_own_host(fake: FakeCircleCI, http: httpx.Client) -> None:
    now = fake.clock.now()
    flows = fake.state.projects["gh/acme/web"].planned_workflows()
    job = next(job for flow in flows for job in flow.jobs if job.plan.artifacts and job.ended(now))
    artifacts = http.get(f"/project/gh/acme/web/{job.number}/artifacts").json()["items"]
    assert {httpx.URL(artifact["url"]).host for artifact in artifacts} == {"output.circle-artifacts.com"}
    bodies = [http.get(artifact["url"], follow_redirects=False) for artifact in artifacts]
    assert {response.status_code for response in bodies} <= {200, 307}


@pytest.mark.parametrize("cut", ["before the response", "inside the body"])
def test_a_connection_is_lost(fake: FakeCircleCI, http: httpx.Client, cut: str) -> None:
    fake.faults.cut_next(cut=cut)
    with pytest.raises(httpx.RemoteProtocolError):
        http.get("/me")
    assert http.get("/me").status_code == 200


@pytest.mark.anyio
@pytest.mark.parametrize("skip_waits", [False, True])
async def test_a_delay_beyond_the_timeout_is_a_timeout_after_that_time(skip_waits: bool) -> None:
    fake, started = FakeCircleCI(), time.monotonic()
    before = fake.clock.now()
    fake.faults.delay_next(3000)
    async with CircleCI(
        fake.token,
        transport=fake.transport(skip_waits=skip_waits),
        timeout=Timeout(read=20),
        retry=RetryPolicy(max_retries=0),
    ) as circleci:
        with pytest.raises(APITimeoutError, match="20 s"):
            await circleci.user.me()
    assert fake.clock.now() - before == pytest.approx(20, abs=1)
    assert time.monotonic() - started < 20


def test_a_delay_beyond_the_timeout_is_a_timeout_for_synchronous_clients_too(fake: FakeCircleCI) -> None:
    fake.faults.delay_next(3000)
    with http_of(fake, timeout=20) as http, pytest.raises(httpx.ReadTimeout):
        http.get("/me")


@pytest.mark.anyio
async def test_waits_for_retry_after_take_no_real_time_if_they_are_skipped() -> None:
    fake, started = FakeCircleCI(), time.monotonic()
    before = fake.clock.now()
    fake.faults.fail_next(429, times=2, retry_after=60)
    async with CircleCI(
        fake.token, transport=fake.transport(skip_waits=True), retry=RetryPolicy(deadline=None)
    ) as circleci:
        await circleci.user.me()
    assert fake.clock.now() - before >= 120
    assert time.monotonic() - started < 60


@pytest.mark.anyio
async def test_a_rate_limit_runs_in_the_time_of_a_client_that_skips_waits() -> None:
    fake, started = FakeCircleCI(), time.monotonic()
    limit = FakeRateLimit(5, seconds=60, kind="window")
    fake.faults.limit_rate(limit)
    async with (
        CircleCI(fake.token, transport=fake.transport(skip_waits=True), retry=RetryPolicy(deadline=None)) as circleci,
        anyio.create_task_group() as tasks,
    ):
        for _ in range(20):
            tasks.start_soon(circleci.user.me)
    assert sum(entry.response.status_code == 200 for entry in fake.journal) == 20
    assert time.monotonic() - started < 60


@pytest.mark.anyio
async def test_a_wait_beyond_the_deadline_is_an_error_at_once() -> None:
    fake = FakeCircleCI()
    fake.faults.fail_next(429, retry_after=3600)
    async with CircleCI(
        fake.token, transport=fake.transport(skip_waits=True), retry=RetryPolicy(deadline=30)
    ) as circleci:
        with pytest.raises(RateLimitError):
            await circleci.user.me()
    assert len(fake.journal) == 1


@pytest.mark.anyio
async def test_the_shortest_wait_ends_first_and_an_event_ends_a_wait() -> None:
    waits = SkippedWaits(Clock(), timer=lambda: 0.0)
    event, order = anyio.Event(), []

    async def wait(seconds: float) -> None:
        await waits.wait(anyio.Event(), seconds)
        order.append(seconds)

    async def wait_for_event() -> None:
        await waits.wait(event, 1e9)
        order.append(waits.now())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait_for_event)
        for seconds in (30.0, 10.0, 20.0):
            tasks.start_soon(wait, seconds)
        await wait(40.0)
        event.set()
    assert order == [10.0, 20.0, 30.0, 40.0, 40.0]


def test_waits_are_not_skipped_if_the_clock_runs() -> None:
    with pytest.raises(ConfigurationError, match="skip_waits=True needs a clock that stands still"):
        FakeCircleCI(clock=Clock(speed=1)).transport(skip_waits=True)
