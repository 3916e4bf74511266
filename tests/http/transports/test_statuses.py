"""Only a final response ends a request, and only one with a status of 200 to 299 is a success."""

from __future__ import annotations

import anyio
import pytest

from circleci_v2 import APIConnectionError
from tests.http.clients import client
from tests.http.fault_server import Reply, in_turn, json_reply, serving

pytestmark = pytest.mark.anyio

SWITCHING = Reply(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n", "close")


async def test_a_post_that_is_answered_with_101_fails_and_is_not_sent_again(fast: bool):
    with anyio.fail_after(60):
        async with serving(lambda _: SWITCHING) as server, client(server.url, fast=fast) as circleci:
            with pytest.raises(APIConnectionError, match="whether it took effect is unknown"):
                await circleci.request("POST", "/context", json={})
            await server.lost_all_connections()
    assert len(server.requests) == 1


async def test_a_get_that_is_answered_with_101_is_sent_again(fast: bool):
    with anyio.fail_after(60):
        async with (
            serving(in_turn(SWITCHING, then=json_reply({"id": 7}))) as server,
            client(server.url, fast=fast) as circleci,
        ):
            assert await circleci.request("GET", "/me") == {"id": 7}
    assert len(server.requests) == 2


async def test_a_stream_that_is_answered_with_101_is_requested_again(fast: bool):
    with anyio.fail_after(60):
        async with (
            serving(in_turn(SWITCHING, then=json_reply({"id": 7}))) as server,
            client(server.url, fast=fast) as circleci,
            circleci.stream(f"{server.origin}/file") as body,
        ):
            assert b"".join([chunk async for chunk in body]) == b'{"id": 7}'
    assert len(server.requests) == 2
