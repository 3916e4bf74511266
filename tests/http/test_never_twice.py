"""Over real connections: requests that may have taken effect are never sent twice; rejected ones are sent again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import attrs
import pytest

from circleci_v2 import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    CircleCI,
    RateLimitError,
    ServerError,
)
from circleci_v2.events import Event, RetryEvent
from tests.http.clients import client
from tests.http.fault_server import (
    CUT,
    RESET,
    SILENCE,
    FaultServer,
    Reply,
    in_turn,
    json_reply,
    refusing_port,
    reply,
    serving,
)

pytestmark = pytest.mark.anyio

CREATED = json_reply(
    {
        "id": "5034460f-c7c4-4c43-9457-de07e2029e7b",
        "state": "pending",
        "number": 7,
        "created_at": "2026-01-31T12:00:00Z",
    },
    status=201,
)
CUT_IN_HEAD = Reply(b"HTTP/1.1 201 Created\r\nContent-Le", ending="close")
CUT_IN_BODY = reply(201, b'{"id": "50', ("Content-Length", "400"), ending="close")

Call = Callable[[CircleCI], Any]


async def trigger(circleci: CircleCI) -> Any:
    return await circleci.pipelines.trigger("gh/acme/web", branch="main")


async def patch(circleci: CircleCI) -> Any:
    return await circleci.request("PATCH", "/schedule/id", json={"name": "nightly"})


async def get(circleci: CircleCI) -> Any:
    return await circleci.request("GET", "/me")


async def put(circleci: CircleCI) -> Any:
    return await circleci.request("PUT", "/webhook/id", json={"name": "hook"})


async def delete(circleci: CircleCI) -> Any:
    return await circleci.request("DELETE", "/webhook/id")


DOUBTFUL: dict[str, tuple[Reply, type[Exception]]] = {
    "500": (reply(500), ServerError),
    "502 in HTML": (reply(502, b"<html><title>Bad Gateway</title></html>", ("Content-Type", "text/html")), ServerError),
    "503": (reply(503), ServerError),
    "503 with Retry-After": (reply(503, b"", ("Retry-After", "0")), ServerError),
    "504": (reply(504), ServerError),
    "408": (reply(408), APIError),
    "closed without an answer": (CUT, APIConnectionError),
    "reset without an answer": (RESET, APIConnectionError),
    "cut in the head of the answer": (CUT_IN_HEAD, APIConnectionError),
    "cut in the body of the answer": (CUT_IN_BODY, APIConnectionError),
    "no HTTP": (Reply(b"SSH-2.0-OpenSSH_9.6\r\n", ending="close"), APIConnectionError),
}
REFUSED = {
    "no Retry-After": reply(429),
    "at once": reply(429, b"", ("Retry-After", "0")),
    "in a moment": reply(429, b"", ("Retry-After", "0.01")),
    "at a time gone by": reply(429, b"", ("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT")),
    "no time at all": reply(429, b"", ("Retry-After", "soon")),
    "negative": reply(429, b"", ("Retry-After", "-1")),
}


@pytest.mark.parametrize("call", [trigger, patch])
@pytest.mark.parametrize("fault", DOUBTFUL)
async def test_a_request_that_may_have_taken_effect_reaches_the_server_once(call: Call, fault: str, fast: bool):
    answer, error = DOUBTFUL[fault]
    with anyio.fail_after(60):
        async with serving(in_turn(answer, then=CREATED)) as server, client(server.url, fast=fast) as circleci:
            with pytest.raises(error) as caught:
                await call(circleci)
    assert len(server.requests) == 1
    assert type(caught.value) is error


@pytest.mark.parametrize("call", [trigger, patch])
async def test_a_post_without_a_response_in_time_is_not_sent_again(call: Call, fast: bool):
    with anyio.fail_after(60):
        async with (
            serving(in_turn(SILENCE, then=CREATED)) as server,
            client(server.url, fast=fast, read=0.2) as circleci,
        ):
            with pytest.raises(APITimeoutError, match=r"nothing was received for 0\.2 s"):
                await call(circleci)
            await anyio.wait_all_tasks_blocked()
    assert len(server.requests) == 1


@pytest.mark.parametrize("call", [get, put, delete])
@pytest.mark.parametrize("fault", DOUBTFUL)
async def test_an_idempotent_request_is_sent_until_it_gets_a_response(call: Call, fault: str, fast: bool):
    answer, _ = DOUBTFUL[fault]
    with anyio.fail_after(60):
        async with serving(in_turn(answer, answer, then=CREATED)) as server, client(server.url, fast=fast) as circleci:
            assert (await call(circleci))["number"] == 7
    assert len(server.requests) == 3


@pytest.mark.parametrize("call", [trigger, patch, get, put, delete])
@pytest.mark.parametrize("refusal", REFUSED)
async def test_a_rejected_request_is_sent_until_it_is_accepted_once(call: Call, refusal: str, fast: bool):
    answer = REFUSED[refusal]
    accepted: list[str] = []

    def accept(server: FaultServer) -> Reply:
        accepted.append(server.methods()[-1])
        return CREATED

    answers = iter([answer, answer, answer])
    with anyio.fail_after(60):
        async with (
            serving(lambda _: next(answers, None) or accept(server)) as server,
            client(server.url, fast=fast) as circleci,
        ):
            await call(circleci)
    assert len(accepted) == 1
    assert len(server.requests) == 4


@pytest.mark.parametrize("call", [trigger, patch, get])
async def test_a_refused_connection_is_retried_until_a_server_listens(call: Call, fast: bool):
    refused, answered = anyio.Event(), anyio.Event()
    reasons: list[str] = []
    servers: list[FaultServer] = []

    def on_event(event: Event) -> None:
        if isinstance(event, RetryEvent):
            reasons.append(event.reason)
            if len(reasons) == 3:
                refused.set()

    async def listen(port: int) -> None:
        await refused.wait()
        async with serving(lambda _: CREATED, port=port) as server:
            servers.append(server)
            await answered.wait()

    with refusing_port() as port, anyio.fail_after(60):
        url = f"http://127.0.0.1:{port}/api/v2"
        async with (
            client(url, fast=fast, on_event=on_event, max_retries=10_000) as circleci,
            anyio.create_task_group() as group,
        ):
            group.start_soon(listen, port)
            await call(circleci)
            answered.set()
    assert len(servers[0].requests) == 1
    assert set(reasons) == {"ConnectError"}


async def test_a_post_that_is_cut_on_a_kept_connection_is_not_sent_again(fast: bool):
    with anyio.fail_after(60):
        async with serving(in_turn(CREATED, CUT, then=CREATED)) as server, client(server.url, fast=fast) as circleci:
            await get(circleci)
            with pytest.raises(APIConnectionError):
                await trigger(circleci)
            assert server.methods() == ["GET", "POST"]
            assert server.most_connections == 1
            await trigger(circleci)
    assert server.methods() == ["GET", "POST", "POST"]


async def test_a_get_that_is_cut_on_a_kept_connection_is_sent_again(fast: bool):
    with anyio.fail_after(60):
        async with serving(in_turn(CREATED, CUT, then=CREATED)) as server, client(server.url, fast=fast) as circleci:
            await get(circleci)
            assert (await get(circleci))["number"] == 7
    assert server.methods() == ["GET", "GET", "GET"]


async def test_an_idle_connection_that_the_server_closed_fails_no_call(fast: bool):
    closing = attrs.evolve(CREATED, ending="close")
    with anyio.fail_after(60):
        async with serving(lambda _: closing) as server, client(server.url, fast=fast) as circleci:
            for _ in range(3):
                await trigger(circleci)
                await server.lost_all_connections()
    assert server.methods() == ["POST"] * 3


@pytest.mark.parametrize("answer", [reply(503), reply(429), CUT], ids=["503", "429", "cut"])
@pytest.mark.parametrize("retries", [0, 2])
async def test_attempts_are_bounded(answer: Reply, retries: int, fast: bool):
    with anyio.fail_after(60):
        async with serving(lambda _: answer) as server, client(server.url, fast=fast, max_retries=retries) as circleci:
            with pytest.raises((APIError, APIConnectionError)):
                await get(circleci)
    assert len(server.requests) == 1 + retries


@pytest.mark.parametrize("call", [trigger, get])
@pytest.mark.parametrize("asked", ["3600", "1000000000000"])
async def test_a_wait_beyond_the_deadline_is_an_immediate_error(call: Call, asked: str, fast: bool):
    answer = reply(429, b"", ("Retry-After", asked))
    with anyio.fail_after(60):
        async with serving(lambda _: answer) as server, client(server.url, fast=fast, deadline=300) as circleci:
            with pytest.raises(RateLimitError) as caught:
                await call(circleci)
    assert caught.value.retry_after == float(asked)
    assert len(server.requests) == 1


async def test_a_deadline_ends_a_call_in_flight_and_does_not_send_it_again(fast: bool):
    with anyio.fail_after(60):
        async with serving(lambda _: SILENCE) as server, client(server.url, fast=fast, deadline=0.3) as circleci:
            with pytest.raises(APITimeoutError, match=r"within the deadline of 0\.3 s"):
                await trigger(circleci)
    assert len(server.requests) == 1
