"""A server may respond before it has read the request, and close the connection: its response is what the caller gets."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Final

import anyio
import pytest

from circleci_v2 import APIConnectionError, APIError, CircleCI
from tests.http.clients import client
from tests.http.transports.raw_server import (
    MAX_WAIT,
    Connection,
    RawServer,
    Script,
    encrypted_client,
    server_context,
    serving_raw,
)

pytestmark = [
    pytest.mark.anyio,
    # aiohttp, of bodies above 1 MiB; this one is in memory already.
    pytest.mark.filterwarnings("ignore:Sending a large body directly with raw bytes:ResourceWarning"),
]

MESSAGE: Final = json.dumps({"message": "the body is too long"}).encode()
TOO_LARGE: Final = b"HTTP/1.1 413 Too Large\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(MESSAGE)
KEPT: Final = TOO_LARGE.replace(b"Connection: close\r\n", b"") + MESSAGE
CREATED: Final = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"
EARLY_HINTS: Final = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"
# Within the first TCP segment, beyond the buffers of HTTP libraries, and beyond those of the sockets.
SIZES: Final = (100, 20_000, 200_000, 12_000_000)
TRIES: Final = 3


async def refuse_and_close(connection: Connection) -> None:
    """Unread bytes make the system send a TCP reset when a connection is closed."""
    await connection.head()
    await connection.send(TOO_LARGE + MESSAGE)


async def refuse_in_parts_and_close(connection: Connection) -> None:
    await connection.head()
    for part in (TOO_LARGE[:5], TOO_LARGE[5:], MESSAGE):
        await connection.send(part)
        await anyio.wait_all_tasks_blocked()


async def refuse_and_wait(connection: Connection) -> None:
    """Read nothing more, and leave it to the client to close the connection."""
    await connection.head()
    await connection.send(TOO_LARGE + MESSAGE)
    await anyio.sleep_forever()


REFUSALS: Final[dict[str, Script]] = {
    "closed": refuse_and_close,
    "in parts, closed": refuse_in_parts_and_close,
    "left open": refuse_and_wait,
}
Connect = Callable[[RawServer, bool], CircleCI]


def plain(server: RawServer, fast: bool) -> CircleCI:
    return client(server.url, fast=fast)


def encrypted(server: RawServer, fast: bool) -> CircleCI:
    return encrypted_client(server, fast=fast)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("connect", [plain, encrypted])
async def test_a_response_before_the_end_of_the_body_is_raised(connect: Connect, refusal: str, size: int, fast: bool):
    tls = server_context() if connect is encrypted else None
    with anyio.fail_after(MAX_WAIT):
        async with serving_raw(REFUSALS[refusal], tls=tls) as server, connect(server, fast) as circleci:
            for _ in range(TRIES):
                with pytest.raises(APIError, match="the body is too long") as caught:
                    await circleci.request("POST", "/policies", json={"text": "x" * size})
                assert caught.value.status_code == 413
    assert server.connections == TRIES


@pytest.mark.parametrize("size", SIZES[:3])
async def test_an_interim_response_does_not_end_the_body(size: int, fast: bool):
    bodies: list[bytes] = []

    async def script(connection: Connection) -> None:
        while True:
            head = await connection.head()
            await connection.send(EARLY_HINTS)
            length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
            assert length is not None
            bodies.append(await connection.receive(int(length[1])))
            await connection.send(EARLY_HINTS + CREATED)

    with anyio.fail_after(MAX_WAIT):
        async with serving_raw(script) as server, client(server.url, fast=fast) as circleci:
            for _ in range(TRIES):
                assert await circleci.request("POST", "/policies", json={"text": "x" * size}) == {}
    assert [len(body) for body in bodies] == [size + len('{"text":""}')] * TRIES
    assert server.connections == 1


@pytest.mark.parametrize("size", SIZES)
async def test_a_post_whose_connection_is_closed_without_a_response_is_not_sent_again(size: int, fast: bool):
    async def script(connection: Connection) -> None:
        await connection.head()

    with anyio.fail_after(MAX_WAIT):
        async with serving_raw(script) as server, client(server.url, fast=fast) as circleci:
            with pytest.raises(APIConnectionError, match="whether it took effect is unknown"):
                await circleci.request("POST", "/policies", json={"text": "x" * size})
    assert server.connections == 1


async def test_a_request_that_is_refused_early_does_not_occupy_a_connection(fast: bool):
    """The half of the request that was sent is not followed by another request."""

    async def script(connection: Connection) -> None:
        head = await connection.head()
        await connection.send(KEPT if head.startswith("POST") else CREATED)
        await anyio.sleep_forever()

    with anyio.fail_after(MAX_WAIT):
        async with serving_raw(script) as server, client(server.url, fast=fast, max_concurrency=1) as circleci:
            for _ in range(TRIES):
                with pytest.raises(APIError):
                    await circleci.request("POST", "/policies", json={"text": "x" * SIZES[-1]})
            assert await circleci.request("GET", "/me") == {}
    assert server.connections == TRIES + 1
