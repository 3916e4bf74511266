"""Two thousand calls to a server with random faults: each succeeds, or raises an error with its reason."""

from __future__ import annotations

import asyncio

import anyio
import attrs
import pytest
import trio

from circleci_v2 import (
    APIConnectionError,
    APITimeoutError,
    CircleCI,
    CircleCIError,
    DecodeError,
    RateLimitError,
    RateLimitPolicy,
    ServerError,
)
from tests.http.chaos import FAULTS, Chaos
from tests.http.clients import client
from tests.http.fault_server import FaultServer, json_reply, serving
from tests.loopback import TOKEN

pytestmark = [
    pytest.mark.anyio,
    # httpx leaves its own inner generators to the garbage collector when a body is not read to its end; trio notices.
    pytest.mark.filterwarnings("ignore:Async generator '(httpx|httpcore):ResourceWarning"),
]

CALLS = 2_000
CONCURRENCY = 20
DEADLINE = 20.0
ERRORS = {APIConnectionError, APITimeoutError, DecodeError, RateLimitError, ServerError}
METHODS = ("GET", "GET", "POST", "PUT", "GET", "PATCH", "DELETE")
# Separate buckets, because a rejection with an endless Retry-After fails all other calls of its bucket.
PARTS = 1_000


def tasks(backend: str) -> int:
    if backend == "trio":
        return trio.lowlevel.current_statistics().tasks_living
    return len(asyncio.all_tasks())


async def call(circleci: CircleCI, number: int) -> CircleCIError | None:
    """Return None for a correct response, or the CircleCIError of the call; anything else fails the test."""
    method = METHODS[number % len(METHODS)]
    body = {"number": number} if method in {"POST", "PUT", "PATCH"} else None
    try:
        with anyio.fail_after(DEADLINE * 3):
            answer = await circleci.request(method, f"/part-{number % PARTS}/item-{number}", json=body)
    except CircleCIError as error:
        return error
    assert answer["number"] == number
    return None


async def serves_as_many_as_ever(circleci: CircleCI, server: FaultServer) -> None:
    gate = anyio.Event()
    before = len(server.requests)
    server.handler = lambda _: attrs.evolve(json_reply({}), gate=gate)
    async with anyio.create_task_group() as group:
        for number in range(CONCURRENCY):
            group.start_soon(circleci.request, "GET", f"/after-{number}/item")
        await server.received(before + CONCURRENCY)
        gate.set()


async def test_every_call_ends_in_a_correct_response_or_a_circleci_error(anyio_backend: str, fast: bool):
    chaos = Chaos()
    with anyio.fail_after(180):
        async with serving(chaos) as server:
            await anyio.wait_all_tasks_blocked()
            before = tasks(anyio_backend)
            async with client(
                server.url,
                fast=fast,
                read=0.3,
                deadline=DEADLINE,
                rate_limit=RateLimitPolicy(),
                max_concurrency=CONCURRENCY,
            ) as circleci:
                outcomes = circleci.map(lambda number: call(circleci, number), range(CALLS), concurrency=100)
                endings = [outcome.result async for outcome in outcomes]
                assert server.connections <= CONCURRENCY
                await serves_as_many_as_ever(circleci, server)
            await server.lost_all_connections()
            assert tasks(anyio_backend) == before
    assert server.most_connections <= CONCURRENCY
    assert len(endings) == CALLS
    errors = [error for error in endings if error is not None]
    assert {type(error) for error in errors} <= ERRORS
    assert not [error for error in errors if not str(error) or TOKEN in str(error)]
    # Every fault has occurred, and the client did not merely give up.
    assert set(chaos.happened) == {fault.__name__ for fault in FAULTS}
    assert len(errors) < CALLS / 2
    assert not [
        request for request, count in chaos.worked_on.items() if request.startswith(("POST", "PATCH")) and count > 1
    ]
