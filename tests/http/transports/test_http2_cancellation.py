"""HTTP/2: a call that is cancelled at any point does not count as a request in flight for ever."""

from __future__ import annotations

from functools import partial

import anyio
import pytest

from circleci_v2 import CircleCI
from tests.http.cancelling import Way, after
from tests.http.transports.http2_server import MAX_STREAMS, Peer, Stream, serving_http2
from tests.http.transports.raw_server import MAX_WAIT, RawServer, encrypted_client
from tests.http.ways import EVERY_WAY

pytestmark = [pytest.mark.anyio, EVERY_WAY]


class Pairs:
    """Responds to requests to /pair two at a time, and to others at once."""

    def __init__(self) -> None:
        self._first: tuple[Peer, Stream] | None = None

    async def serve(self, peer: Peer) -> None:
        while True:
            stream = await peer.request()
            if not stream.path.endswith("/pair"):
                await peer.respond(stream)
            elif self._first is None:
                self._first = peer, stream
            else:
                for waiting, request in (self._first, (peer, stream)):
                    await waiting.respond(request)
                self._first = None


async def call_twice_at_once(circleci: CircleCI) -> None:
    with anyio.fail_after(MAX_WAIT):
        async with anyio.create_task_group() as group:
            for _ in range(2):
                group.start_soon(circleci.request, "GET", "/pair")


def client(server: RawServer) -> CircleCI:
    return encrypted_client(server, http2=True, max_concurrency=2)


@pytest.mark.parametrize("limit", [1, 100])
async def test_a_call_that_is_cancelled_at_any_step_leaves_room_for_others(way: Way, fast: bool, limit: int):
    if fast:
        pytest.skip("aiohttp has no HTTP/2")
    steps = 0
    is_finished = False
    async with serving_http2(Pairs().serve, settings=lambda _: {MAX_STREAMS: limit}) as server:
        while not is_finished:
            async with client(server) as circleci:
                is_finished = await way(partial(circleci.request, "POST", "/call", json={}), after(steps))
                await call_twice_at_once(circleci)
            steps += 1
    assert steps > 10


async def test_a_call_that_is_cancelled_at_any_step_on_a_used_connection_leaves_room_for_others(way: Way, fast: bool):
    if fast:
        pytest.skip("aiohttp has no HTTP/2")
    steps = 0
    is_finished = False
    async with (
        serving_http2(Pairs().serve, settings=lambda _: {MAX_STREAMS: 2}) as server,
        client(server) as circleci,
    ):
        await circleci.request("GET", "/me")
        while not is_finished:
            is_finished = await way(partial(circleci.request, "POST", "/call", json={}), after(steps))
            await call_twice_at_once(circleci)
            steps += 1
    assert steps > 10
