"""HTTP/2: a call that is cancelled at any point leaves nothing behind on the server, in the pool or on the connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial

import anyio
import pytest
from h2.exceptions import StreamClosedError

from circleci_v2 import CircleCI
from tests.http.cancelling import Way, after
from tests.http.transports.http2_server import MAX_STREAMS, Peer, Stream, serving_http2
from tests.http.transports.raw_server import MAX_WAIT, RawServer, encrypted_client
from tests.http.ways import EVERY_WAY_WITHOUT_AIOHTTP, HARSHEST_WAYS

pytestmark = pytest.mark.anyio


class Pairs:
    """Responds to requests to /pair two at a time, and to others at once.

    Attributes:
        peers: The connections.
    """

    def __init__(self) -> None:
        self.peers: list[Peer] = []
        self._first: tuple[Peer, Stream] | None = None

    async def serve(self, peer: Peer) -> None:
        self.peers.append(peer)
        while True:
            stream = await peer.request()
            if not stream.path.endswith("/pair"):
                # Otherwise the client has reset it.
                with suppress(StreamClosedError):
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


def steps_of_a_new_connection() -> Iterator[int]:
    """All steps of connecting; of the following ones, 99 of which are alike, every eighth."""
    yield from range(24)
    yield from range(24, 1_000, 8)


@HARSHEST_WAYS
async def test_a_call_that_is_cancelled_on_a_new_connection_leaves_room_for_others(way: Way):
    steps = 0
    # More than one request would hide that one is missing.
    async with serving_http2(Pairs().serve, settings=lambda _: {MAX_STREAMS: 1}) as server:
        for steps in steps_of_a_new_connection():
            async with client(server) as circleci:
                is_finished = await way(partial(circleci.request, "POST", "/call", json={}), after(steps))
                await call_twice_at_once(circleci)
            if is_finished:
                break
    assert 24 < steps < 500


@EVERY_WAY_WITHOUT_AIOHTTP
async def test_a_call_that_is_cancelled_at_any_step_on_a_used_connection_leaves_room_for_others(way: Way):
    pairs = Pairs()
    steps = 0
    is_finished = False
    async with serving_http2(pairs.serve, settings=lambda _: {MAX_STREAMS: 2}) as server, client(server) as circleci:
        await circleci.request("GET", "/me")
        while not is_finished:
            is_finished = await way(partial(circleci.request, "POST", "/call", json={}), after(steps))
            await call_twice_at_once(circleci)
            steps += 1
    assert steps > 10
    assert server.connections == 1
    # The rest of a request is not sent with a later one.
    assert not pairs.peers[0].incomplete


@EVERY_WAY_WITHOUT_AIOHTTP
async def test_a_call_that_is_cancelled_while_its_body_waits_for_the_server_is_reset(way: Way):
    """A server grants the first 64 KiB of a body in advance (RFC 9113, section 6.9.2); here it grants no more."""
    pairs = Pairs()
    received = anyio.Event()
    resets: list[str] = []

    async def serve(peer: Peer) -> None:
        await peer.respond(await peer.request())
        peer.grants_window = False
        await peer.head()
        received.set()
        resets.append(await peer.reset_by_client())
        await pairs.serve(peer)

    async def stuck() -> None:
        await received.wait()
        await anyio.wait_all_tasks_blocked()

    with anyio.fail_after(MAX_WAIT):
        async with serving_http2(serve) as server, client(server) as circleci:
            await circleci.request("GET", "/me")
            assert not await way(partial(circleci.request, "POST", "/call", json={"text": "x" * 200_000}), stuck)
            await call_twice_at_once(circleci)
    assert resets == ["/api/v2/call"]
    assert server.connections == 1


@EVERY_WAY_WITHOUT_AIOHTTP
async def test_a_body_that_is_not_read_to_its_end_is_reset(way: Way):
    pairs = Pairs()
    resets: list[str] = []
    read = anyio.Event()

    async def serve(peer: Peer) -> None:
        stream = await peer.request()
        await peer.send_head(stream)
        await peer.send_part(stream, b"the beginning")
        resets.append(await peer.reset_by_client())
        await pairs.serve(peer)

    async def read_for_ever(circleci: CircleCI, url: str) -> None:
        async with circleci.stream(url) as body:
            async for chunk in body:
                assert chunk == b"the beginning"
                read.set()

    with anyio.fail_after(MAX_WAIT):
        async with serving_http2(serve) as server, client(server) as circleci:
            assert not await way(partial(read_for_ever, circleci, f"{server.url}/file"), read.wait)
            await call_twice_at_once(circleci)
    assert resets == ["/api/v2/file"]
    assert server.connections == 1
