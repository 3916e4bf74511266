"""The lifecycle of a client: deprecations are reported once, and it ends when it is closed, on its own event loop."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from typing import Any

import anyio
import anyio.lowlevel
import attrs
import httpx
import pytest

from circleci_v2 import APIConnectionError, CircleCI, CircleCIError, ConfigurationError, RetryPolicy
from circleci_v2.events import DeprecationEvent, Event
from tests.http.clients import client
from tests.http.fault_server import SILENCE, Reply, json_reply, reply, serving
from tests.http.steady_server import steady
from tests.loopback import Received

pytestmark = pytest.mark.anyio

ME = {"id": "5034460f-c7c4-4c43-9457-de07e2029e7b", "name": "Someone", "login": "someone"}
SUNSET = "Sat, 31 Oct 2026 23:59:59 GMT"
LINK = '<https://circleci.com/changelog>; rel="deprecation"'
CLOSED = "this client was closed: create a new one"
OTHER_LOOP = "in use on another event loop.*create one client per event loop"


def deprecating(*names: str) -> Reply:
    every = {"Deprecation": "@1767225600", "Sunset": SUNSET, "Link": LINK}
    return json_reply(ME, *((name, every[name]) for name in names))


def announcements(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


@pytest.mark.parametrize("names", [("Deprecation",), ("Sunset",), ("Deprecation", "Sunset", "Link")])
async def test_a_deprecation_is_reported_once_per_operation(
    names: tuple[str, ...], fast: bool, caplog: pytest.LogCaptureFixture
):
    events: list[Event] = []
    async with (
        serving(lambda _: deprecating(*names)) as server,
        client(server.url, fast=fast, on_event=events.append) as circleci,
    ):
        for _ in range(3):
            await circleci.user.me()
            await circleci.request("GET", "/projects", query={"page": 1})
            await circleci.request("GET", "/projects", query={"page": 2})
    told = [event for event in events if isinstance(event, DeprecationEvent)]
    assert [event.operation_id for event in told] == ["getCurrentUser", None]
    assert told[0].sunset == (SUNSET if "Sunset" in names else None)
    assert told[0].link == (LINK if "Link" in names else None)
    warnings = announcements(caplog)
    assert len(warnings) == 2
    assert "getCurrentUser is deprecated" in warnings[0]
    assert (SUNSET in warnings[0]) == ("Sunset" in names)


async def test_a_deprecation_in_an_error_response_is_reported(fast: bool, caplog: pytest.LogCaptureFixture):
    gone = reply(410, b"", ("Sunset", SUNSET))
    async with serving(lambda _: gone) as server, client(server.url, fast=fast) as circleci:
        for _ in range(2):
            with pytest.raises(CircleCIError):
                await circleci.user.me()
    assert len(announcements(caplog)) == 1


async def test_other_operations_are_not_reported_as_deprecated(fast: bool, caplog: pytest.LogCaptureFixture):
    async with serving(lambda _: json_reply(ME)) as server, client(server.url, fast=fast) as circleci:
        await circleci.user.me()
    assert announcements(caplog) == []


async def read_stream(circleci: CircleCI) -> None:
    async with circleci.stream("http://127.0.0.1:1/file"):
        pass


async def read_list(circleci: CircleCI) -> None:
    await circleci.pipelines.list_for_project("gh/acme/web")


async def get(circleci: CircleCI) -> None:
    await circleci.user.me()


async def trigger_with_options(circleci: CircleCI) -> None:
    await circleci.with_options(max_retries=0).pipelines.trigger("gh/acme/web", branch="main")


USES = [get, read_list, read_stream, trigger_with_options]


@pytest.mark.parametrize("use", USES)
async def test_a_closed_client_says_what_to_do(use: Callable[[CircleCI], Any], fast: bool):
    async with serving(lambda _: json_reply(ME)) as server:
        async with client(server.url, fast=fast) as circleci:
            await get(circleci)
        with pytest.raises(ConfigurationError, match=CLOSED):
            await use(circleci)
    assert len(server.requests) == 1


async def test_closing_twice_is_a_no_op(fast: bool):
    async with serving(lambda _: json_reply(ME)) as server:
        async with client(server.url, fast=fast) as circleci:
            await get(circleci)
            await circleci.aclose()
            await server.lost_all_connections()
        await circleci.aclose()
        await circleci.with_options(max_retries=0).aclose()


class _Recording(httpx.AsyncBaseTransport):
    """A transport whose length is the number of its requests, so that an unused one is falsy."""

    def __init__(self) -> None:
        self.sent: list[httpx.Request] = []
        self.is_closed = False

    def __len__(self) -> int:
        return len(self.sent)

    async def aclose(self) -> None:
        self.is_closed = True


async def test_an_unused_custom_transport_is_closed(anyio_backend: str):
    transport = _Recording()
    await CircleCI("token", transport=transport).aclose()
    assert transport.is_closed


async def test_closing_an_unused_client_does_nothing(fast: bool):
    circleci = client("http://127.0.0.1:1/api/v2", fast=fast)
    await circleci.aclose()
    with pytest.raises(ConfigurationError, match=CLOSED):
        await get(circleci)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_closing_ends_the_calls_in_flight_and_those_that_wait(method: str, fast: bool):
    endings: list[CircleCIError] = []

    async def call(circleci: CircleCI) -> None:
        with pytest.raises(CircleCIError) as caught:
            await circleci.request(method, "/pipeline")
        endings.append(caught.value)

    never = anyio.Event()
    with anyio.fail_after(60):
        async with serving(lambda _: Reply(gate=never)) as server, anyio.create_task_group() as group:
            circleci = client(server.url, fast=fast, max_concurrency=2)
            for _ in range(5):
                group.start_soon(call, circleci)
            await server.received(2)
            await circleci.aclose()
    under_way = [error for error in endings if isinstance(error, APIConnectionError)]
    assert len(under_way) == len(server.requests) == 2
    assert all("the client was closed while this call was in flight" in str(error) for error in under_way)
    assert sum(CLOSED in str(error) for error in endings) == 3


async def test_a_client_may_be_closed_while_a_body_of_its_own_is_open(fast: bool):
    halfway = Reply(b"HTTP/1.1 200 Reply\r\nContent-Length: 10\r\n\r\nhalf", "hold")
    async with steady(lambda _: halfway) as server:
        circleci = client(server.url, fast=fast)
        async with circleci.stream(f"{server.url}/file") as body:
            pieces = aiter(body)
            assert await anext(pieces) == b"half"
            with anyio.fail_after(20):
                await circleci.aclose()
            # The block continues, but the body does not.
            await server.server.lost_all_connections()
            with pytest.raises(APIConnectionError, match="the client was closed while"):
                await anext(pieces)
        await server.assert_nothing_left()


async def test_a_call_that_gets_its_permit_while_the_client_closes_is_not_sent(fast: bool):
    never, may_go = anyio.Event(), anyio.Event()

    def answer(request: Received) -> Reply:
        return attrs.evolve(json_reply({}), gate=may_go if request.path.endswith("/first") else never)

    async def close_after_the_first_answer() -> None:
        await circleci.request("GET", "/first")
        await circleci.aclose()

    async def call(path: str) -> None:
        with pytest.raises(CircleCIError):
            await circleci.request("GET", path)

    with anyio.fail_after(60):
        async with serving(answer) as server, anyio.create_task_group() as group:
            circleci = client(server.url, fast=fast, max_concurrency=2)
            group.start_soon(close_after_the_first_answer)
            await server.received(1)
            group.start_soon(call, "/under-way")
            await server.received(2)
            group.start_soon(call, "/in-line")
            await anyio.wait_all_tasks_blocked()
            may_go.set()
    assert len(server.requests) == 2


async def test_a_call_that_waits_for_its_token_is_not_sent_by_a_closed_client(fast: bool):
    asked, told = anyio.Event(), anyio.Event()

    async def token() -> str:
        asked.set()
        await told.wait()
        return "late"

    async def call(circleci: CircleCI) -> None:
        with pytest.raises(ConfigurationError, match=CLOSED):
            await get(circleci)

    with anyio.fail_after(60):
        async with serving(lambda _: json_reply(ME)) as server, anyio.create_task_group() as group:
            circleci = client(server.url, fast=fast, token=token)
            group.start_soon(call, circleci)
            await asked.wait()
            await circleci.aclose()
            told.set()
    assert server.requests == []


async def post(circleci: CircleCI, _: str) -> None:
    await circleci.request("POST", "/pipeline")


async def download(circleci: CircleCI, url: str) -> None:
    async with circleci.stream(f"{url}/file"):
        pass


@pytest.mark.parametrize("use", [post, download])
@pytest.mark.parametrize("turns", range(12))
async def test_a_call_that_has_just_begun_is_not_sent_by_a_closed_client(
    turns: int, use: Callable[[CircleCI, str], Any], fast: bool
):
    """At whichever step the client is closed, the call fails, and its connection is closed."""
    ending: list[CircleCIError] = []

    async def call(circleci: CircleCI) -> None:
        with pytest.raises(CircleCIError) as caught:
            await use(circleci, server.url)
        ending.append(caught.value)

    with anyio.fail_after(60):
        async with steady(lambda _: SILENCE) as server:
            async with anyio.create_task_group() as group:
                circleci = client(server.url, fast=fast)
                group.start_soon(call, circleci)
                for _ in range(turns):
                    await anyio.lowlevel.checkpoint()
                await circleci.aclose()
            await server.assert_nothing_left()
    assert re.search(f"{CLOSED}|the client was closed while", str(ending[0]))


async def test_a_call_between_two_attempts_fails_when_the_client_is_closed(fast: bool):
    async def call(circleci: CircleCI) -> None:
        with pytest.raises(ConfigurationError, match=CLOSED):
            await get(circleci)

    later = reply(503, b"", ("Retry-After", "3600"))
    with anyio.fail_after(60):
        async with serving(lambda _: later) as server, anyio.create_task_group() as group:
            circleci = client(server.url, fast=fast)
            group.start_soon(call, circleci.with_options(deadline=7_200))
            await server.received(1)
            await anyio.wait_all_tasks_blocked()
            await circleci.aclose()
    assert len(server.requests) == 1


@pytest.mark.parametrize("deadline", [None, 300.0])
async def test_a_timeout_error_of_a_custom_transport_is_not_taken_for_the_deadline(
    deadline: float | None, anyio_backend: str
):
    def stumble(_: httpx.Request) -> httpx.Response:
        msg = "the database of the transport"
        raise TimeoutError(msg)

    retry = RetryPolicy(deadline=deadline)
    async with CircleCI("token", transport=httpx.MockTransport(stumble), retry=retry) as circleci:
        with pytest.raises(TimeoutError, match="the database of the transport"):
            await get(circleci)


@pytest.mark.parametrize("anyio_backend", ["asyncio"], indirect=False)
async def test_closing_that_is_cancelled_natively_is_completed(anyio_backend: str):
    async with steady() as server:
        circleci = client(server.url, max_concurrency=20)
        await server.assert_serves_at_once(circleci, 20)
        closing = asyncio.create_task(circleci.aclose())
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        await server.assert_nothing_left()


async def test_closing_inside_a_cancelled_scope_is_completed(fast: bool):
    with anyio.fail_after(60):
        async with serving(lambda _: json_reply(ME)) as server:
            with anyio.CancelScope() as scope:
                async with client(server.url, fast=fast) as circleci:
                    await get(circleci)
                    assert server.connections == 1
                    scope.cancel()
            await server.lost_all_connections()


def test_use_on_a_second_event_loop_is_an_error_with_advice(carrier: tuple[str, bool]):
    backend, fast = carrier
    clients: list[CircleCI] = []

    async def first() -> None:
        async with serving(lambda _: json_reply(ME)) as server:
            clients.append(client(server.url, fast=fast))
            await get(clients[0])
            await anyio.to_thread.run_sync(lambda: anyio.run(second, backend=backend))
            # It still works on its own event loop.
            await get(clients[0])
            await clients[0].aclose()

    async def second() -> None:
        for use in (*USES, CircleCI.aclose):
            with pytest.raises(ConfigurationError, match=OTHER_LOOP):
                await use(clients[0])

    anyio.run(first, backend=backend)


def test_a_client_made_outside_of_any_event_loop_belongs_to_the_first_that_uses_it(carrier: tuple[str, bool]):
    backend, fast = carrier
    circleci = client("http://127.0.0.1:1/api/v2", fast=fast, max_retries=0)

    async def use() -> None:
        with pytest.raises(APIConnectionError):
            await get(circleci)
        await circleci.aclose()

    anyio.run(use, backend=backend)
