"""Retries depend on the method: requests that may have taken effect are not sent twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from circleci_v2 import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    CircleCI,
    RateLimitError,
    RateLimitPolicy,
    RetryPolicy,
    ServerError,
)

pytestmark = pytest.mark.anyio

Outcome = httpx.Response | Exception
# Pacing after a rejection would slow these tests down, and is tested elsewhere.
UNPACED = RateLimitPolicy(enabled=False)
CREATED = {
    "id": "5034460f-c7c4-4c43-9457-de07e2029e7b",
    "state": "pending",
    "number": 7,
    "created_at": "2026-01-31T12:00:00Z",
}


class Server:
    """Returns the given outcomes in turn, and then accepts every request."""

    def __init__(self, *outcomes: Outcome) -> None:
        self._outcomes = list(outcomes)
        self.requests: list[httpx.Request] = []
        self.accepted = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        outcome = self._outcomes.pop(0) if self._outcomes else httpx.Response(200, json=CREATED)
        if isinstance(outcome, Exception):
            raise outcome
        self.accepted += outcome.status_code < 400
        return outcome

    def client(self, **retry: Any) -> CircleCI:
        policy = RetryPolicy(backoff=0.001, **retry)
        return CircleCI("token", transport=httpx.MockTransport(self), retry=policy, rate_limit=UNPACED)


async def trigger(circleci: CircleCI) -> Any:
    return await circleci.pipelines.trigger("gh/acme/web", branch="main")


async def patch(circleci: CircleCI) -> Any:
    return await circleci.schedules.update("id", name="nightly")


async def get(circleci: CircleCI) -> Any:
    return await circleci.request("GET", "/me")


async def put(circleci: CircleCI) -> Any:
    return await circleci.request("PUT", "/webhook/id", json={})


async def delete(circleci: CircleCI) -> Any:
    return await circleci.request("DELETE", "/webhook/id")


DOUBTFUL: list[tuple[Callable[[], Outcome], type[Exception]]] = [
    (lambda: httpx.Response(500), ServerError),
    (lambda: httpx.Response(503), ServerError),
    (lambda: httpx.Response(408), APIError),
    (lambda: httpx.ReadTimeout("late"), APITimeoutError),
    (lambda: httpx.ReadError("cut"), APIConnectionError),
    (lambda: httpx.RemoteProtocolError("cut"), APIConnectionError),
    (lambda: httpx.WriteError("cut"), APIConnectionError),
]
REFUSED: list[Callable[[], Outcome]] = [
    lambda: httpx.Response(429),
    lambda: httpx.Response(429, headers={"Retry-After": "0"}),
    lambda: httpx.ConnectError("refused"),
    lambda: httpx.ConnectTimeout("late"),
]


@pytest.mark.parametrize("call", [trigger, patch])
@pytest.mark.parametrize(("outcome", "error"), DOUBTFUL)
async def test_a_request_that_may_have_taken_effect_is_sent_once(
    call: Callable[[CircleCI], Any], outcome: Callable[[], Outcome], error: type[Exception]
):
    server = Server(outcome())
    async with server.client() as circleci:
        with pytest.raises(error):
            await call(circleci)
    assert len(server.requests) == 1


@pytest.mark.parametrize("call", [get, put, delete])
@pytest.mark.parametrize("outcome", [outcome for outcome, _ in DOUBTFUL])
async def test_an_idempotent_request_is_sent_again(call: Callable[[CircleCI], Any], outcome: Callable[[], Outcome]):
    server = Server(outcome(), outcome())
    async with server.client() as circleci:
        await call(circleci)
    assert len(server.requests) == 3


@pytest.mark.parametrize("call", [trigger, patch, get])
@pytest.mark.parametrize("outcome", REFUSED)
async def test_a_rejected_request_is_sent_until_it_is_accepted(
    call: Callable[[CircleCI], Any], outcome: Callable[[], Outcome]
):
    server = Server(outcome(), outcome())
    async with server.client() as circleci:
        await call(circleci)
    assert (len(server.requests), server.accepted) == (3, 1)


async def test_attempts_are_bounded():
    server = Server(*[httpx.Response(503)] * 10)
    async with server.client(max_retries=2) as circleci:
        with pytest.raises(ServerError):
            await get(circleci)
    assert len(server.requests) == 3


async def test_a_wait_longer_than_the_deadline_is_not_begun():
    server = Server(httpx.Response(429, headers={"Retry-After": "3600"}))
    async with server.client(deadline=5) as circleci:
        with pytest.raises(RateLimitError) as caught:
            await trigger(circleci)
    assert caught.value.retry_after == 3600
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
async def test_other_client_errors_are_final(status: int):
    server = Server(httpx.Response(status))
    async with server.client() as circleci:
        with pytest.raises(APIError):
            await get(circleci)
    assert len(server.requests) == 1


async def test_a_response_holds_the_number_of_attempts():
    server = Server(httpx.Response(503))
    async with server.client() as circleci:
        response = await circleci.with_raw_response.user.me()
    assert response.attempts == 2
