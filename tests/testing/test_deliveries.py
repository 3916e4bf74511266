"""Webhooks are delivered, signed, to a receiver on this machine."""

from __future__ import annotations

import re
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import anyio
import anyio.to_thread
import httpx
import pytest

from circleci_v2.testing import Clock, FakeCircleCI, JobPlan
from circleci_v2.webhooks import SIGNATURE_HEADER, JobCompleted, WorkflowCompleted, parse, verify
from tests.http.encrypted import CERTIFICATE, KEY

SECRET = "a-long-secret"


class Receiver(HTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.errors_to_send = 0
        self.arrivals = threading.Semaphore(0)
        self.may_respond = threading.Event()
        self.may_respond.set()

    def wait_for_delivery(self) -> None:
        assert self.arrivals.acquire(timeout=20), "nothing was delivered"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.received.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.server.arrivals.release()
        self.server.may_respond.wait(20)
        rejected = self.server.errors_to_send > 0
        self.server.errors_to_send -= rejected
        self.send_response(500 if rejected else 200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def subscribe(fake: FakeCircleCI, url: str, *, secret: str = SECRET, verify_tls: bool = False) -> None:
    fields = {
        "name": "ours",
        "events": ["workflow-completed", "job-completed"],
        "url": url,
        "verify-tls": verify_tls,
        "signing-secret": secret,
        "scope": {"id": fake.state.projects["gh/acme/web"].id, "type": "project"},
    }
    with httpx.Client(transport=fake.transport(), headers={"Circle-Token": fake.token}) as http:
        assert http.post("https://circleci.com/api/v2/webhook", json=fields).status_code == 201


def running_fake(clock: Clock | None = None) -> FakeCircleCI:
    fake = FakeCircleCI(clock=clock)
    jobs = [JobPlan(name="build", seconds=600), JobPlan(name="test", requires=("build",), seconds=600)]
    fake.add_pipeline("gh/acme/web", status="running", jobs=jobs)
    return fake


@pytest.mark.anyio
async def test_events_are_delivered_signed_and_in_order(receiver: Receiver) -> None:
    fake = running_fake()
    subscribe(fake, receiver.url)
    deliveries = await fake.advance(3600)

    assert [delivery.accepted for delivery in deliveries] == [True, True]
    events = []
    for headers, body in receiver.received:
        verify(body, headers[SIGNATURE_HEADER], SECRET)
        assert headers["user-agent"] == "CircleCI-Webhook/1.0"
        events.append(parse(body))
    job, workflow = events
    assert isinstance(job, JobCompleted)
    assert (job.job.name, job.job.status) == ("test", "success")
    assert isinstance(workflow, WorkflowCompleted)
    assert workflow.workflow.status == "success"
    assert workflow.project.slug == "github/acme/web"


@pytest.mark.anyio
async def test_advancing_can_be_cancelled_if_nothing_is_delivered() -> None:
    fake = FakeCircleCI()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await fake.advance(3600)
    assert scope.cancelled_caught


@pytest.mark.anyio
async def test_nothing_is_delivered_twice(receiver: Receiver) -> None:
    fake = running_fake()
    subscribe(fake, receiver.url)
    await fake.advance(3600)
    assert await fake.advance(3600) == []


def act(fake: FakeCircleCI, path: str) -> None:
    with httpx.Client(transport=fake.transport(), headers={"Circle-Token": fake.token}) as http:
        assert http.post(f"https://circleci.com/api/v2{path}").is_success


@pytest.mark.anyio
async def test_an_event_contains_nothing_that_happened_later(receiver: Receiver) -> None:
    fake = FakeCircleCI()
    fake.add_project("gh/acme/web")
    subscribe(fake, receiver.url)
    act(fake, "/project/gh/acme/web/pipeline")
    build, test, workflow = [parse(delivery.body) for delivery in await fake.advance(3600)]
    assert isinstance(build, JobCompleted)
    assert build.workflow.stopped_at is None
    assert isinstance(test, JobCompleted)
    assert isinstance(workflow, WorkflowCompleted)
    assert test.workflow.stopped_at == test.happened_at == workflow.workflow.stopped_at


@pytest.mark.anyio
async def test_events_are_delivered_while_the_clock_stands_still(receiver: Receiver) -> None:
    fake = running_fake()
    subscribe(fake, receiver.url)
    fake.add_pipeline("gh/acme/web", status="on_hold")
    running, held = fake.state.projects["gh/acme/web"].planned_workflows()
    await fake.advance(1)
    act(fake, f"/workflow/{running.id}/cancel")
    act(fake, f"/workflow/{held.id}/approve/{held.jobs[-1].approval_request_id}")

    events = [parse(delivery.body) for delivery in await fake.advance(0)]
    ended = {event.workflow.id: event.workflow.status for event in events if isinstance(event, WorkflowCompleted)}
    assert ended == {running.id: "canceled", held.id: "success"}
    assert await fake.advance(0) == []
    assert await fake.advance(3600) == []


@pytest.mark.anyio
async def test_canceling_a_job_that_never_runs_delivers_nothing_twice(receiver: Receiver) -> None:
    fake = FakeCircleCI()
    jobs = [JobPlan(name="build"), JobPlan(name="notify", requires={"build": ["failed"]})]
    pipeline = fake.add_pipeline("gh/acme/web", status="running", jobs=jobs)
    subscribe(fake, receiver.url)
    assert len(await fake.advance(3600)) == 2
    (workflow,) = pipeline.planned_workflows
    act(fake, f"/jobs/{workflow.jobs[1].id}/cancel")
    assert workflow.status(fake.clock.now()) == "success"
    assert await fake.advance(3600) == []


@pytest.mark.anyio
async def test_events_before_the_creation_of_the_webhook_are_not_delivered(receiver: Receiver) -> None:
    fake = running_fake()
    (workflow,) = fake.state.projects["gh/acme/web"].pipelines[0].planned_workflows
    act(fake, f"/workflow/{workflow.id}/cancel")
    subscribe(fake, receiver.url)
    assert await fake.advance(3600) == []


@pytest.mark.anyio
async def test_a_delivery_is_repeated_after_an_error(receiver: Receiver) -> None:
    fake = running_fake()
    subscribe(fake, receiver.url)
    receiver.errors_to_send = 2
    first, _ = await fake.advance(3600)
    assert first.status_codes == (500, 500, 200)
    assert len({body for _, body in receiver.received[:3]}) == 1


@pytest.mark.anyio
@pytest.mark.parametrize(("verify_tls", "accepted"), [(True, False), (False, True)])
async def test_certificates_are_verified_if_the_webhook_requires_it(
    receiver: Receiver, verify_tls: bool, accepted: bool
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)
    receiver.socket = context.wrap_socket(receiver.socket, server_side=True)
    fake = running_fake()
    subscribe(fake, receiver.url.replace("http", "https", 1), verify_tls=verify_tls)
    assert [delivery.accepted for delivery in await fake.advance(3600)] == [accepted, accepted]


@pytest.mark.anyio
async def test_an_unreachable_receiver_is_recorded() -> None:
    fake = running_fake()
    subscribe(fake, "http://127.0.0.1:9/")
    first, *_ = await fake.advance(3600)
    assert (first.accepted, first.status_codes) == (False, (0, 0, 0))


@pytest.mark.anyio
async def test_without_a_secret_nothing_is_signed(receiver: Receiver) -> None:
    fake = running_fake()
    subscribe(fake, receiver.url, secret="")
    await fake.advance(3600)
    assert all(SIGNATURE_HEADER not in headers for headers, _ in receiver.received)


ELSEWHERE = ["https://example.com/hook", "http://10.0.0.1/", "http://127.0.0.1.example.com/"]
NOWHERE = ["http://127.0.0.1:99999/", "http://127.0.0.1:port/", "http://[::1", "no address"]


@pytest.mark.anyio
@pytest.mark.parametrize("url", ELSEWHERE)
async def test_no_delivery_leaves_this_machine(url: str) -> None:
    fake = running_fake()
    subscribe(fake, url)
    with pytest.raises(ValueError, match="this machine only"):
        await fake.advance(3600)


@pytest.mark.anyio
@pytest.mark.parametrize("url", [*ELSEWHERE, *NOWHERE])
async def test_an_invalid_webhook_does_not_prevent_other_deliveries(receiver: Receiver, url: str) -> None:
    fake = running_fake()
    subscribe(fake, url)
    subscribe(fake, receiver.url)
    with pytest.raises(ValueError, match=re.escape(repr(url))) as rejected:
        await fake.advance(3600)
    assert str(rejected.value).count(repr(url)) == 1
    assert [delivery.accepted for delivery in fake.deliveries] == [True, True]
    assert await fake.advance(3600) == []


@pytest.mark.anyio
async def test_deliveries_interrupted_by_a_cancellation_are_sent_later(receiver: Receiver) -> None:
    fake = running_fake()
    subscribe(fake, receiver.url)
    receiver.may_respond.clear()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(fake.advance, 3600)
        await anyio.to_thread.run_sync(receiver.wait_for_delivery)
        tasks.cancel_scope.cancel()
    receiver.may_respond.set()
    assert [delivery.accepted for delivery in await fake.advance(0)] == [True, True]
    assert len(fake.deliveries) == 2


class Timer:
    """A real-time clock that starts when the test has subscribed, however long that takes on a busy machine."""

    def __init__(self) -> None:
        self.started_at: float | None = None
        self.failing = False

    def __call__(self) -> float:
        if self.failing:
            self.failing = False
            msg = "the clock has stopped"
            raise ArithmeticError(msg)
        return 0.0 if self.started_at is None else time.monotonic() - self.started_at

    def start(self) -> None:
        self.started_at = time.monotonic()


@pytest.fixture
def timer() -> Timer:
    return Timer()


def test_a_served_fake_with_a_running_clock_delivers_automatically(receiver: Receiver, timer: Timer) -> None:
    fake = running_fake(Clock(speed=36_000, timer=timer))
    subscribe(fake, receiver.url)
    timer.start()
    with fake.serve():
        receiver.wait_for_delivery()
        receiver.wait_for_delivery()


@pytest.mark.parametrize("url", [ELSEWHERE[0], *NOWHERE])
def test_a_served_fake_continues_after_an_invalid_webhook(
    receiver: Receiver, timer: Timer, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    fake = running_fake(Clock(speed=36_000, timer=timer))
    subscribe(fake, url)
    subscribe(fake, receiver.url)
    timer.start()
    with fake.serve():
        receiver.wait_for_delivery()
        receiver.wait_for_delivery()
        fake.add_pipeline("gh/acme/web", status="canceled")
        receiver.wait_for_delivery()
    assert url in caplog.text


def test_a_served_fake_continues_after_an_unexpected_error(
    receiver: Receiver, timer: Timer, caplog: pytest.LogCaptureFixture
) -> None:
    fake = running_fake(Clock(speed=36_000, timer=timer))
    subscribe(fake, receiver.url)
    timer.start()
    timer.failing = True
    with fake.serve():
        receiver.wait_for_delivery()
    assert "the clock has stopped" in caplog.text
