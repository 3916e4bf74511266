"""A call can be cancelled at any step and in any way without reducing the capacity of the client."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import uuid4

import anyio
import attrs
import pytest
from anyio.lowlevel import checkpoint

from circleci_v2 import CircleCI
from tests.http.cancelling import Way, after
from tests.http.clients import client
from tests.http.fault_server import Handler, Reply, json_reply, reply
from tests.http.steady_server import MAX_WAIT, Steady, steady
from tests.http.ways import EVERY_WAY
from tests.loopback import Received

pytestmark = [pytest.mark.anyio, EVERY_WAY]

Call = Callable[[CircleCI, Steady], Awaitable[Any]]


async def get(circleci: CircleCI, server: Steady) -> None:
    await circleci.request("GET", "/me")


async def get_many(circleci: CircleCI, server: Steady) -> None:
    """More concurrent calls than `max_concurrency`."""
    async with anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(get, circleci, server)


async def get_what_is_refused_once(circleci: CircleCI, server: Steady) -> None:
    await circleci.request("GET", f"/once/{uuid4()}")


async def follow_a_redirect(circleci: CircleCI, server: Steady) -> None:
    await circleci.request("GET", "/old")


def redirecting(received: Received) -> Reply:
    return reply(302, b"moved", ("Location", "/new")) if received.path.endswith("/old") else json_reply({})


async def read_a_file(circleci: CircleCI, server: Steady) -> None:
    async with circleci.stream(f"{server.url}/file") as body:
        assert sum([len(piece) async for piece in body]) == len(FILE)


async def leave_a_file_unread(circleci: CircleCI, server: Steady) -> None:
    async with circleci.stream(f"{server.url}/file") as body:
        async for _ in body:
            break


FILE = b"artifact " * 40_000


def refusing_once(status: int) -> Handler:
    """Rejects the first request to each path below /once."""
    refused: set[str] = set()

    def handle(received: Received) -> Reply:
        if "/once/" not in received.target or received.target in refused:
            return json_reply({})
        refused.add(received.target)
        return reply(status, b"", ("Retry-After", "0"))

    return handle


CALLS: dict[str, tuple[Call, Handler]] = {
    "many at once": (get_many, lambda _: json_reply({})),
    "tried again after a 429": (get_what_is_refused_once, refusing_once(429)),
    "tried again after a 503": (get_what_is_refused_once, refusing_once(503)),
    "redirected": (follow_a_redirect, redirecting),
    "of which the connection is closed": (get, lambda _: attrs.evolve(json_reply({}), ending="close")),
    "read as a stream": (read_a_file, lambda _: reply(200, FILE)),
    "of which the stream is left unread": (leave_a_file_unread, lambda _: reply(200, FILE)),
}


async def cancelled_at_every_step(
    call: Call, way: Way, server: Steady, *, fast: bool, max_concurrency: int, warm: bool = False
) -> int:
    """Cancel a call at its first step, with a new client at its second, and so on; return the number of steps."""
    steps = 0
    finished = False
    while not finished:
        async with client(server.url, fast=fast, max_concurrency=max_concurrency) as circleci:
            if warm:
                await server.assert_serves_at_once(circleci, max_concurrency)
            finished = await way(partial(call, circleci, server), after(steps))
            await server.assert_serves_at_once(circleci, max_concurrency)
        await server.assert_nothing_left()
        steps += 1
    return steps


@pytest.mark.parametrize("max_concurrency", [1, 2])
@pytest.mark.parametrize("warm", [False, True], ids=["new connection", "kept connection"])
async def test_a_call_that_is_cancelled_at_any_step_returns_its_permit(
    way: Way, fast: bool, max_concurrency: int, warm: bool
) -> None:
    async with steady() as server:
        steps = await cancelled_at_every_step(get, way, server, fast=fast, max_concurrency=max_concurrency, warm=warm)
    # Over aiohttp, a call runs in the task of its caller: the two steps to a child task and back are left out.
    assert steps > (3 if fast else 5)


@pytest.mark.parametrize(("call", "handler"), list(CALLS.values()), ids=list(CALLS))
async def test_longer_calls_that_are_cancelled_at_any_step_return_their_permits(
    way: Way, fast: bool, call: Call, handler: Handler
) -> None:
    async with steady(handler) as server:
        steps = await cancelled_at_every_step(call, way, server, fast=fast, max_concurrency=1)
    assert steps > 5


async def test_a_call_that_is_cancelled_while_its_permit_is_granted_passes_it_on(way: Way, fast: bool) -> None:
    steps = 0
    finished = False
    async with steady() as server:
        while not finished:
            async with client(server.url, fast=fast, max_concurrency=1) as circleci:
                with anyio.fail_after(MAX_WAIT):
                    finished = await cancelled_in_line(way, circleci, server, steps)
                await server.assert_serves_at_once(circleci, 1)
            await server.assert_nothing_left()
            steps += 1
    assert steps > 5


async def cancelled_in_line(way: Way, circleci: CircleCI, server: Steady, steps: int) -> bool:
    """Cancel the second of three calls that wait for one permit; return when the other two have ended."""

    async def come_third() -> None:
        await after(4)()
        await get(circleci, server)

    finished = False
    async with anyio.create_task_group() as others:
        others.start_soon(get, circleci, server)
        await checkpoint()
        others.start_soon(come_third)
        finished = await way(partial(get, circleci, server), after(steps))
    return finished  # noqa: RET504 - type checkers hold that a task group may swallow a return
