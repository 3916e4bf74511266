"""Wherever a call is cancelled, and in whichever way, the client can do as much afterwards as before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import attrs
import pytest

from circleci_v2 import CircleCI
from tests.http.cancelling import ASYNCIO_WAYS, SkippingLoop, Way, after, by_cancel_scope, by_task_cancel_at_every_step
from tests.http.clients import client
from tests.http.steady_server import Steady, steady

pytestmark = pytest.mark.anyio

WAYS = {**ASYNCIO_WAYS, "task.cancel at every step": by_task_cancel_at_every_step}


@attrs.frozen
class Carrier:
    """An event loop, whether aiohttp carries the requests, and how they are cancelled."""

    backend: str
    way: Way
    fast: bool = False


CARRIERS = {
    **{f"asyncio, {name}": Carrier("asyncio", way) for name, way in WAYS.items()},
    **{f"aiohttp, {name}": Carrier("asyncio", way, fast=True) for name, way in WAYS.items()},
    "trio, anyio cancel scope": Carrier("trio", by_cancel_scope),
}
Call = Callable[[CircleCI], Awaitable[Any]]


@pytest.fixture(params=list(CARRIERS.values()), ids=list(CARRIERS))
def carrier(request: pytest.FixtureRequest) -> Carrier:
    assert isinstance(request.param, Carrier)
    return request.param


@pytest.fixture
def anyio_backend(carrier: Carrier) -> tuple[str, dict[str, Any]]:
    return carrier.backend, {"loop_factory": SkippingLoop} if carrier.backend == "asyncio" else {}


async def get(circleci: CircleCI) -> Any:
    return await circleci.request("GET", "/me")


async def cancelled_at_every_step(
    call: Call, carrier: Carrier, server: Steady, *, max_concurrency: int, warm: bool = False
) -> int:
    """Cancel a call at its first step, with a new client at its second, and so on; come back with their number."""
    steps = 0
    finished = False
    while not finished:
        async with client(server.url, fast=carrier.fast, max_concurrency=max_concurrency) as circleci:
            if warm:
                await server.assert_serves_at_once(circleci, max_concurrency)
            finished = await carrier.way(partial(call, circleci), after(steps))
            await server.assert_serves_at_once(circleci, max_concurrency)
        await server.assert_nothing_left()
        steps += 1
    return steps


@pytest.mark.parametrize("max_concurrency", [1, 2])
@pytest.mark.parametrize("warm", [False, True], ids=["new connection", "kept connection"])
async def test_a_call_that_is_cancelled_at_any_step_leaves_every_place_free(
    carrier: Carrier, max_concurrency: int, warm: bool
) -> None:
    async with steady() as server:
        steps = await cancelled_at_every_step(get, carrier, server, max_concurrency=max_concurrency, warm=warm)
    assert steps > 5
