"""Events: their order and contents."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest

from circleci_v2 import (
    APIConnectionError,
    CircleCI,
    DecodeError,
    NotFoundError,
    RateLimitError,
    RateLimitPolicy,
    RetryPolicy,
)
from circleci_v2.events import (
    DeprecationEvent,
    DeviationEvent,
    Event,
    FailureEvent,
    RateLimitWaitEvent,
    RequestEvent,
    ResponseEvent,
    RetryEvent,
)

pytestmark = pytest.mark.anyio

ME = {"id": "5034460f-c7c4-4c43-9457-de07e2029e7b", "login": "fake-user", "name": "A user"}
Answer = httpx.Response | Exception


def answering(*answers: Answer) -> Callable[[httpx.Request], httpx.Response]:
    rest = list(answers)

    def handle(_: httpx.Request) -> httpx.Response:
        answer = rest.pop(0) if len(rest) > 1 else rest[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return handle


def me(**headers: str) -> httpx.Response:
    return httpx.Response(200, json=ME, headers={name.replace("_", "-"): value for name, value in headers.items()})


class Told(list[Event]):
    """The events so far, and a client that emits them."""

    def client(self, *answers: Answer, **options: Any) -> CircleCI:
        given: dict[str, Any] = {
            "retry": RetryPolicy(backoff=0.001),
            "rate_limit": RateLimitPolicy(enabled=False),
            "on_event": self.append,
        }
        return CircleCI("token", transport=httpx.MockTransport(answering(*answers)), **(given | options))

    def kinds(self) -> list[type[Event]]:
        return [type(event) for event in self]

    def only(self, kind: type[Any]) -> Any:
        (event,) = [event for event in self if isinstance(event, kind)]
        return event


@pytest.fixture
def told() -> Told:
    return Told()


async def test_a_call_that_succeeds_is_a_request_and_a_response(told: Told):
    before = time.time()
    async with told.client(me(x_request_id="abc", x_ratelimit_limit="50", x_ratelimit_remaining="49")) as circleci:
        await circleci.user.me()
    assert told.kinds() == [RequestEvent, ResponseEvent]
    request, response = told.only(RequestEvent), told.only(ResponseEvent)
    assert (request.method, request.url) == ("GET", "https://circleci.com/api/v2/me")
    assert (response.status_code, response.request_id) == (200, "abc")
    assert response.size == len(me().content)
    assert (response.rate_limit.limit, response.rate_limit.remaining) == (50, 49)
    assert response.elapsed >= 0
    for event in told:
        assert (event.operation_id, event.call, event.attempt) == ("getCurrentUser", 1, 1)
        assert before <= event.time <= time.time()


async def test_calls_are_numbered_and_attempts_are_counted(told: Told):
    async with told.client(httpx.Response(503), me(), me()) as circleci:
        await circleci.user.me()
        await circleci.user.me()
    assert told.kinds() == [
        *(RequestEvent, ResponseEvent, RetryEvent),
        *(RequestEvent, ResponseEvent),
        *(RequestEvent, ResponseEvent),
    ]
    assert [(event.call, event.attempt) for event in told] == [(1, 1)] * 3 + [(1, 2)] * 2 + [(2, 1)] * 2
    retry = told.only(RetryEvent)
    assert retry.reason == "503"
    assert 0 <= retry.delay <= 0.001


async def test_a_rejection_is_waited_for_and_retried(told: Told):
    async with told.client(httpx.Response(429, headers={"retry-after": "0.01"}), me()) as circleci:
        response = await circleci.with_raw_response.user.me()
    assert told.kinds() == [
        RequestEvent,
        ResponseEvent,
        RetryEvent,
        RateLimitWaitEvent,
        RequestEvent,
        ResponseEvent,
    ]
    assert told.only(RetryEvent).reason == "429"
    wait = told.only(RateLimitWaitEvent)
    assert wait.waited >= 0.01
    assert wait.bucket
    assert wait.attempt == 2
    assert response.attempts == 2


async def test_waiting_for_concurrency_is_not_reported_as_a_rate_limit_wait(told: Told):
    async with (
        told.client(me(), max_concurrency=1, rate_limit=RateLimitPolicy()) as circleci,
        anyio.create_task_group() as group,
    ):
        for _ in range(3):
            group.start_soon(circleci.user.me)
    assert sorted(kind.__name__ for kind in told.kinds()) == ["RequestEvent"] * 3 + ["ResponseEvent"] * 3


async def test_an_attempt_without_a_response_is_a_failure(told: Told):
    async with told.client(httpx.ReadTimeout("slow"), me()) as circleci:
        await circleci.user.me()
    assert told.kinds() == [RequestEvent, FailureEvent, RetryEvent, RequestEvent, ResponseEvent]
    assert told.only(FailureEvent).error.startswith("ReadTimeout: ")
    assert told.only(RetryEvent).reason == "ReadTimeout"


@pytest.mark.parametrize(
    ("answer", "error", "last"),
    [
        (httpx.Response(404, json={"message": "no"}), NotFoundError, ResponseEvent),
        (httpx.Response(429, headers={"retry-after": "100000"}), RateLimitError, ResponseEvent),
        (httpx.ConnectError("refused"), APIConnectionError, FailureEvent),
    ],
)
async def test_the_last_event_of_a_failed_call_is_its_last_outcome(
    told: Told, answer: Answer, error: type[Exception], last: type[Event]
):
    async with told.client(answer, retry=RetryPolicy(max_retries=1, backoff=0.001)) as circleci:
        with pytest.raises(error):
            await circleci.user.me()
    assert type(told[-1]) is last


async def call_me(circleci: CircleCI) -> None:
    await circleci.user.me()


async def open_file(circleci: CircleCI) -> None:
    async with circleci.stream("https://circleci.example/file"):
        pass


@pytest.mark.parametrize("use", [call_me, open_file])
async def test_an_attempt_that_is_cancelled_is_a_failure(told: Told, use: Callable[[CircleCI], Any]):
    under_way = anyio.Event()

    async def silence(_: httpx.Request) -> httpx.Response:
        under_way.set()
        await anyio.sleep_forever()
        raise AssertionError

    async with (
        CircleCI("token", transport=httpx.MockTransport(silence), on_event=told.append) as circleci,
        anyio.create_task_group() as group,
    ):
        group.start_soon(use, circleci)
        await under_way.wait()
        group.cancel_scope.cancel()
    assert told.kinds() == [RequestEvent, FailureEvent]


@pytest.mark.parametrize("use", [call_me, open_file])
async def test_a_response_that_is_too_long_is_a_failure(told: Told, use: Callable[[CircleCI], Any]):
    async with told.client(httpx.Response(404, content=b"x" * 200), max_response_bytes=100) as circleci:
        with pytest.raises(DecodeError):
            await use(circleci)
    assert told.kinds() == [RequestEvent, FailureEvent]
    assert "accepts 100" in told[1].error


async def test_a_deprecation_is_emitted_once_per_operation(told: Told):
    answer = me(deprecation="true", sunset="Sat, 01 Jan 2028 00:00:00 GMT", link="<https://example.com>")
    async with told.client(answer) as circleci:
        for _ in range(3):
            await circleci.user.me()
    event = told.only(DeprecationEvent)
    assert (event.operation_id, event.deprecation) == ("getCurrentUser", "true")
    assert (event.sunset, event.link) == ("Sat, 01 Jan 2028 00:00:00 GMT", "<https://example.com>")


async def test_a_deviation_is_emitted_once_with_its_path(told: Told):
    async with told.client(httpx.Response(200, json={**ME, "id": 7})) as circleci:
        for _ in range(3):
            await circleci.user.me()
    event = told.only(DeviationEvent)
    assert (event.operation_id, event.path) == ("getCurrentUser", "$.id")
    assert "expected a UUID" in event.problem


async def test_a_call_without_an_operation_has_no_operation_id(told: Told):
    async with told.client(me()) as circleci:
        await circleci.request("GET", "/anything")
    assert {event.operation_id for event in told} == {None}


async def test_an_error_in_on_event_is_logged_and_fails_no_call(caplog: pytest.LogCaptureFixture):
    def fail(event: Event) -> None:
        msg = f"no room for {type(event).__name__}"
        raise LookupError(msg)

    caplog.set_level(logging.ERROR, logger="circleci_v2")
    deviating = httpx.Response(200, json={**ME, "name": 7})
    async with Told().client(deviating, on_event=fail) as circleci:
        assert (await circleci.user.me()).login == "fake-user"
    assert "no room for ResponseEvent" in caplog.text
    assert "no room for DeviationEvent" in caplog.text


async def test_log_records_carry_their_values_for_loggers_that_write_json(caplog: pytest.LogCaptureFixture):
    told = Told()
    answers = (httpx.ReadTimeout("slow"), me(x_request_id="abc-1"))
    async with told.client(*answers) as circleci:
        with caplog.at_level(logging.INFO, "circleci_v2"):
            await circleci.user.me()
    failed, again, responded = [vars(record) for record in caplog.records]
    assert (failed["operation"], failed["attempt"], failed["error"], failed["status"]) == (
        "getCurrentUser",
        1,
        "ReadTimeout",
        None,
    )
    assert again["error"] == "ReadTimeout"
    assert (responded["status"], responded["attempt"], responded["request_id"]) == (200, 2, "abc-1")
    assert responded["url"].endswith("/me")
    assert isinstance(responded["seconds"], float)
    assert told.only(FailureEvent).error_class == "ReadTimeout"
