"""After thousands of calls that were cancelled at random, the client still has its full capacity."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from tests.http.cancelling import by_cancel_scope, by_failing_sibling, by_task_cancel, by_task_cancel_at_every_step
from tests.http.churn import Churn, churn
from tests.http.clients import client
from tests.http.fault_server import Reply, reply
from tests.http.steady_server import MAX_WAIT, steady
from tests.loopback import Received

pytestmark = pytest.mark.anyio

TASKS = 20
CALLS = 500
# The other ways advance the clock, which twenty tasks share.
ON_ASYNCIO = [by_task_cancel, by_task_cancel_at_every_step, by_failing_sibling, by_cancel_scope]
ON_TRIO = [by_cancel_scope]


def mixed(received: Received) -> Reply:
    """Long and short responses, by the number at the end of the path; every tenth closes its connection."""
    number = int(received.path.rpartition("/")[2])
    body = b'"' + b"x" * (1 << number % 18) + b'"'
    return reply(200, body, ending="close" if number % 10 == 0 else "keep")


def enough(seen: Churn) -> bool:
    return seen.finished + seen.cancelled < CALLS


@pytest.mark.parametrize("max_concurrency", [1, 7, TASKS])
async def test_every_permit_is_free_after_calls_were_cancelled_at_random(
    carrier: tuple[str, bool], max_concurrency: int
) -> None:
    backend, fast = carrier
    ways = ON_ASYNCIO if backend == "asyncio" else ON_TRIO
    numbers = iter(range(1_000_000))
    async with steady(mixed) as server:
        async with client(server.url, fast=fast, max_concurrency=max_concurrency) as circleci:

            async def get() -> Any:
                return await circleci.request("GET", f"/mixed/{next(numbers)}")

            with anyio.fail_after(MAX_WAIT):
                seen = await churn(get, ways, tasks=TASKS, seed=max_concurrency, goes_on=enough)
            await server.assert_serves_at_once(circleci, max_concurrency)
            assert server.server.most_connections <= max_concurrency
        await server.assert_nothing_left()
    # Otherwise nothing was tested.
    assert min(seen.finished, seen.cancelled) > CALLS / 10, seen
