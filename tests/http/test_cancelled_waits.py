"""Long waits can be cancelled immediately, and hold nothing: in the queue, before a retry, for a silent server."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import anyio
import attrs
import pytest
from anyio.lowlevel import checkpoint

from circleci_v2.events import Event, RetryEvent
from tests.http.cancelling import Moment, Way, Work, after
from tests.http.clients import client
from tests.http.fault_server import SILENCE, Reply, json_reply, reply
from tests.http.steady_server import MAX_WAIT, Steady, steady
from tests.http.ways import EVERY_WAY
from tests.loopback import Received

pytestmark = [pytest.mark.anyio, EVERY_WAY]

# Longer than any of these tests.
LATER = ("Retry-After", "200")


def handler(received: Received) -> Reply:
    replies = {
        "limited": reply(429, b"", LATER),
        "unavailable": reply(503, b"", LATER),
        "silent": SILENCE,
        "stalling": Reply(b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"id', ending="hold"),
    }
    return replies.get(received.path.rpartition("/")[2], json_reply({}))


async def assert_cancelled(way: Way, work: Work, moment: Moment) -> None:
    """Cancel a long wait; fail if the cancellation takes long itself."""
    with anyio.fail_after(MAX_WAIT):
        finished = await way(work, moment)
    assert not finished


def once(happened: Callable[[], object]) -> Moment:
    """Shortly after an event."""

    async def moment() -> None:
        while not happened():
            await checkpoint()
        await after(20)()

    return moment


def at_server(server: Steady, count: int) -> Moment:
    """Shortly after that many requests have arrived."""
    return once(lambda: len(server.server.requests) >= count)


def asked_for(server: Steady, path: str) -> int:
    return sum(request.path.endswith(path) for request in server.server.requests)


@pytest.mark.parametrize("path", ["/limited", "/unavailable"])
async def test_a_call_that_sleeps_before_a_retry_holds_no_permit_and_is_not_sent_again(
    way: Way, fast: bool, path: str
) -> None:
    retries: list[Event] = []

    def listen(event: Event) -> None:
        if isinstance(event, RetryEvent):
            retries.append(event)

    async with steady(handler) as server:
        async with client(server.url, fast=fast, max_concurrency=1, on_event=listen) as circleci:
            await assert_cancelled(way, partial(circleci.request, "GET", path), once(lambda: retries))
            await server.assert_serves_at_once(circleci, 1)
        await server.assert_nothing_left()
        assert asked_for(server, path) == 1


async def test_a_cancelled_call_in_the_queue_is_never_sent(way: Way, fast: bool) -> None:
    gate = anyio.Event()

    def hold(received: Received) -> Reply:
        return attrs.evolve(json_reply({}), gate=gate) if received.path.endswith("/held") else json_reply({})

    async with steady(hold) as server:
        async with client(server.url, fast=fast, max_concurrency=2) as circleci, anyio.create_task_group() as holders:
            for _ in range(2):
                holders.start_soon(circleci.request, "GET", "/held")
            await server.server.received(2)
            await assert_cancelled(way, partial(circleci.request, "GET", "/me"), after(20))
            gate.set()
            await server.assert_serves_at_once(circleci, 2)
        await server.assert_nothing_left()
        assert asked_for(server, "/me") == 0


@pytest.mark.parametrize("path", ["/silent", "/stalling"])
async def test_a_call_to_a_silent_server_returns_its_connection(way: Way, fast: bool, path: str) -> None:
    async with steady(handler) as server:
        async with client(server.url, fast=fast, max_concurrency=2) as circleci:
            for count in range(1, 4):
                await assert_cancelled(way, partial(circleci.request, "GET", path), at_server(server, count))
            await server.assert_serves_at_once(circleci, 2)
        await server.assert_nothing_left()


async def test_a_stream_that_stalls_returns_its_connection(way: Way, fast: bool) -> None:
    async with steady(handler) as server:
        async with client(server.url, fast=fast, max_concurrency=1) as circleci:

            async def read() -> None:
                async with circleci.stream(f"{server.url}/stalling") as body:
                    async for _ in body:
                        pass

            for count in range(1, 4):
                await assert_cancelled(way, read, at_server(server, count))
            await server.assert_serves_at_once(circleci, 1)
        await server.assert_nothing_left()
