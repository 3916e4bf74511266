"""A response never answers another request: connections with bytes that nobody asked for are closed."""

from __future__ import annotations

import json
from typing import Final

import anyio
import pytest

from circleci_v2 import CircleCI
from tests.http.clients import client
from tests.http.transports.raw_server import MAX_WAIT, Connection, Script, encrypted_client, server_context, serving_raw
from tests.loopback import Received

pytestmark = pytest.mark.anyio

# Each call is one chance for a wrong response; 1,000 were made once.
CALLS: Final = 60


def head(status: int, length: int) -> bytes:
    return b"HTTP/1.1 %d Reply\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, length)


def response(body: bytes, status: int = 200) -> bytes:
    return head(status, len(body)) + body


def echo(request: Received) -> bytes:
    """A response that names its request."""
    return response(json.dumps({"path": request.path}).encode())


STRAY: Final = response(b'{"path": "stray"}')
NO_CONTENT: Final = b"HTTP/1.1 204 No Content\r\n\r\n"
EXTRAS: Final = {
    "a response": STRAY,
    "the beginning of a response": STRAY[:30],
    "the head of a response": STRAY[:-17],
    "an empty line": b"\r\n",
    "a body": b'{"path": "stray"}',
}


def after_each_response(extra: bytes) -> Script:
    """Append bytes to each response, in the same TCP write."""

    async def script(connection: Connection) -> None:
        while request := await connection.request():
            await connection.send(echo(request) + extra)

    return script


async def paths_of(circleci: CircleCI, method: str, calls: int = CALLS) -> list[str]:
    """Return the paths in the responses to calls."""
    answers = [await circleci.request(method, f"/call-{number}") for number in range(calls)]
    return [answer["path"] for answer in answers]


def expected(calls: int = CALLS) -> list[str]:
    return [f"/api/v2/call-{number}" for number in range(calls)]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("extra", EXTRAS)
async def test_bytes_after_a_response_answer_no_other_request(extra: str, method: str, fast: bool):
    with anyio.fail_after(MAX_WAIT):
        async with (
            serving_raw(after_each_response(EXTRAS[extra])) as server,
            client(server.url, fast=fast) as circleci,
        ):
            assert await paths_of(circleci, method) == expected()
    assert len(server.requests) == CALLS


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("extra", EXTRAS)
async def test_bytes_after_a_response_without_a_body_answer_no_other_request(extra: str, method: str, fast: bool):
    async def script(connection: Connection) -> None:
        while request := await connection.request():
            await connection.send(NO_CONTENT + EXTRAS[extra] if "silent" in request.path else echo(request))

    with anyio.fail_after(MAX_WAIT):
        async with serving_raw(script) as server, client(server.url, fast=fast) as circleci:
            for number in range(CALLS):
                assert await circleci.request(method, "/silent") is None
                answer = await circleci.request(method, f"/call-{number}")
                assert answer["path"] == f"/api/v2/call-{number}"
    assert len(server.requests) == 2 * CALLS


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("extra", EXTRAS)
async def test_bytes_that_arrive_on_an_idle_connection_answer_no_request(extra: str, method: str, fast: bool):
    idle, sent = anyio.Event(), anyio.Event()

    async def script(connection: Connection) -> None:
        while request := await connection.request():
            await connection.send(echo(request))
            await idle.wait()
            await connection.send(EXTRAS[extra])
            sent.set()

    with anyio.fail_after(MAX_WAIT):
        async with serving_raw(script) as server, client(server.url, fast=fast) as circleci:
            for path in expected():
                answer = await circleci.request(method, path.removeprefix("/api/v2"))
                assert answer["path"] == path
                idle.set()
                await sent.wait()
                await anyio.wait_all_tasks_blocked()
                idle, sent = anyio.Event(), anyio.Event()
    assert len(server.requests) == CALLS
    assert server.connections == CALLS


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_response_in_a_tls_record_of_its_own_answers_no_other_request(method: str, fast: bool):
    async def script(connection: Connection) -> None:
        while request := await connection.request():
            await connection.send(echo(request), STRAY)

    with anyio.fail_after(MAX_WAIT):
        async with (
            serving_raw(script, tls=server_context()) as server,
            encrypted_client(server, fast=fast) as circleci,
        ):
            assert await paths_of(circleci, method, 20) == expected(20)
    assert len(server.requests) == 20


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize("size", [1 << 16, 1 << 17, 1 << 18])
async def test_a_response_after_one_that_fills_the_read_buffers_answers_no_other_request(
    size: int, encrypted: bool, fast: bool
):
    def large(request: Received) -> bytes:
        """A response of exactly that many bytes."""
        text = json.dumps({"path": request.path, "filling": ""})
        body = text.replace('""', '"%s"' % ("x" * (size - len(head(200, size)) - len(text)))).encode()
        return response(body)

    async def script(connection: Connection) -> None:
        while request := await connection.request():
            await connection.send(large(request), STRAY)

    tls = server_context() if encrypted else None
    with anyio.fail_after(MAX_WAIT):
        async with serving_raw(script, tls=tls) as server:
            circleci = encrypted_client(server, fast=fast) if encrypted else client(server.url, fast=fast)
            async with circleci:
                assert await paths_of(circleci, "POST", 20) == expected(20)
    assert len(server.requests) == 20


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "TLS"])
async def test_a_connection_without_extra_bytes_is_reused(encrypted: bool, fast: bool):
    tls = server_context() if encrypted else None
    with anyio.fail_after(MAX_WAIT):
        async with serving_raw(after_each_response(b""), tls=tls) as server:
            circleci = encrypted_client(server, fast=fast) if encrypted else client(server.url, fast=fast)
            async with circleci:
                assert await paths_of(circleci, "POST") == expected()
    assert server.connections == 1
