"""Connections that are cancelled while they are being established leak neither a pool slot nor a socket."""

from __future__ import annotations

from functools import partial

import anyio
import pytest
from anyio.lowlevel import checkpoint

from circleci_v2 import CircleCI, ConnectionOptions
from tests.http.cancelling import Moment, Way, after
from tests.http.clients import UNPACED, client
from tests.http.encrypted import serving_encrypted, trusting
from tests.http.fault_server import FaultServer, json_reply, serving
from tests.http.steady_server import MAX_WAIT, Steady, steady
from tests.http.ways import EVERY_WAY
from tests.loopback import TOKEN

pytestmark = [pytest.mark.anyio, EVERY_WAY]


def encrypted_client(server: Steady, *, fast: bool) -> CircleCI:
    return CircleCI(
        TOKEN,
        base_url=f"https://127.0.0.1:{server.server.port}",
        max_concurrency=2,
        connection=ConnectionOptions(fast=fast, verify=trusting(), trust_env=False),
        rate_limit=UNPACED,
    )


async def test_a_call_over_tls_that_is_cancelled_at_any_step_returns_its_permit(way: Way, fast: bool) -> None:
    steps = 0
    finished = False
    async with steady(serve=serving_encrypted) as server:
        while not finished:
            async with encrypted_client(server, fast=fast) as circleci:
                finished = await way(partial(circleci.request, "GET", "/me"), after(steps))
                await server.assert_serves_at_once(circleci, 2)
            await server.assert_nothing_left()
            steps += 1
    assert steps > 10


def connected(server: FaultServer) -> Moment:
    """Shortly after a connection was opened."""

    async def moment() -> None:
        while not server.connections:
            await checkpoint()
        await after(20)()

    return moment


async def test_a_connection_without_a_response_to_its_handshake_is_closed(way: Way, fast: bool) -> None:
    # To a server without TLS, the beginning of a handshake looks like a request that never ends.
    async with steady() as server, serving(lambda _: json_reply({})) as mute:
        async with client(server.url, fast=fast, max_concurrency=1) as circleci:

            async def connect() -> None:
                async with circleci.stream(f"https://127.0.0.1:{mute.port}/file"):
                    pass

            for _ in range(3):
                with anyio.fail_after(MAX_WAIT):
                    assert not await way(connect, connected(mute))
                    await mute.lost_all_connections()
            await server.assert_serves_at_once(circleci, 1)
        assert mute.requests == []
