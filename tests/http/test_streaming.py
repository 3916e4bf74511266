"""A streamed body may be abandoned at any time without leaking anything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import anyio
import attrs
import httpx
import pytest

from circleci_v2 import (
    APIError,
    APITimeoutError,
    CircleCI,
    ConfigurationError,
    ConnectionOptions,
    DecodeError,
    RateLimitPolicy,
)
from tests.http.clients import client
from tests.http.fault_server import SILENCE, Reply, reply
from tests.http.steady_server import Steady, steady
from tests.loopback import TOKEN, Received

pytestmark = pytest.mark.anyio

# More than network and client buffer.
LONG = reply(200, b"artifact " * 1_000_000)
HALF_A_REFUSAL = b"HTTP/1.1 500 Reply\r\nContent-Length: 10\r\n\r\nxxxxx"
IN_CHUNKS = Reply(
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + (b"100\r\n" + b"x" * 256 + b"\r\n") * 3 + b"0\r\n\r\n"
)


async def first_piece(body: Any) -> bytes:
    async with aclosing(aiter(body)) as pieces:
        return bytes(await anext(pieces))


async def assert_left_nothing(server: Steady, *, fast: bool, read: Any) -> None:
    async with client(server.url, fast=fast, max_concurrency=1) as circleci:
        for _ in range(3):
            async with circleci.stream(f"{server.url}/file") as body:
                await read(body)
        await server.assert_serves_at_once(circleci, 1)
    await server.assert_nothing_left()


async def test_a_body_may_be_closed_before_its_end(fast: bool) -> None:
    async def close_early(body: Any) -> None:
        assert (await first_piece(body)).startswith(b"artifact ")
        # The body is closed while the block continues.
        await server.server.lost_all_connections()

    async with steady(lambda _: LONG) as server:
        await assert_left_nothing(server, fast=fast, read=close_early)


async def test_a_body_may_be_left_unread(fast: bool) -> None:
    async def leave(body: Any) -> None:
        pass

    async with steady(lambda _: LONG) as server:
        await assert_left_nothing(server, fast=fast, read=leave)


async def test_a_body_may_be_left_halfway(fast: bool) -> None:
    async def leave_halfway(body: Any) -> None:
        async for _ in body:
            break

    async with steady(lambda _: LONG) as server:
        await assert_left_nothing(server, fast=fast, read=leave_halfway)


async def stumble_while_reading(circleci: CircleCI, url: str) -> None:
    async with circleci.stream(url) as body:
        async for _ in body:
            raise ZeroDivisionError


async def test_an_error_inside_the_block_is_raised_unchanged(fast: bool) -> None:
    async with steady(lambda _: LONG) as server, client(server.url, fast=fast) as circleci:
        with pytest.raises(ZeroDivisionError):
            await stumble_while_reading(circleci, f"{server.url}/file")
        await server.assert_serves_at_once(circleci, 100)


class _Stumbling(httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"half"
        raise ZeroDivisionError


async def read_to_the_end(circleci: CircleCI) -> None:
    async with circleci.stream("https://ci.example/file") as body:
        async for _ in body:
            pass


async def test_an_error_of_a_custom_transport_is_raised_unchanged(anyio_backend: str) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=_Stumbling()))
    async with CircleCI(TOKEN, transport=transport) as circleci:
        with pytest.raises(ZeroDivisionError):
            await read_to_the_end(circleci)


async def test_a_body_can_be_read_once(fast: bool) -> None:
    async with (
        steady(lambda _: IN_CHUNKS) as server,
        client(server.url, fast=fast) as circleci,
        circleci.stream(f"{server.url}/file") as body,
    ):
        assert b"".join([piece async for piece in body]) == b"x" * 768
        assert [piece async for piece in body] == []


async def test_reading_a_closed_body_is_an_error_with_advice(fast: bool) -> None:
    async with steady(lambda _: LONG) as server, client(server.url, fast=fast) as circleci:
        async with circleci.stream(f"{server.url}/file") as body:
            pass
        with pytest.raises(ConfigurationError, match=r"inside `async with circleci.stream"):
            await first_piece(body)


async def test_a_chunked_error_response_that_is_too_long_is_closed(fast: bool) -> None:
    async with steady(lambda _: IN_CHUNKS) as server:
        async with client(server.url, fast=fast, max_concurrency=1, max_response_bytes=100) as circleci:
            with pytest.raises(DecodeError, match="accepts 100"):
                await circleci.request("GET", "/me")
            await server.assert_serves_at_once(circleci, 1)
        await server.assert_nothing_left()


async def open_file(circleci: CircleCI, server: Steady) -> None:
    async with circleci.stream(f"{server.url}/file"):
        raise AssertionError("this is never open")


async def test_an_error_response_that_is_too_long_is_a_decode_error(fast: bool) -> None:
    async with (
        steady(lambda _: reply(404, b"x" * 5_000)) as server,
        client(server.url, fast=fast, max_concurrency=1, max_response_bytes=100) as circleci,
    ):
        with pytest.raises(DecodeError, match="accepts 100"):
            await open_file(circleci, server)
        await server.assert_serves_at_once(circleci, 1)


@pytest.mark.parametrize(
    "proxy",
    ["foo://x:password@y", "localhost:3128", "http://[::1", "http://x:pass/password@y", "http://", "http://y:99999"],
)
async def test_an_unusable_proxy_is_an_error_without_its_password(proxy: str, fast: bool) -> None:
    connection = ConnectionOptions(proxy=proxy, fast=fast)
    async with steady() as server, CircleCI(TOKEN, connection=connection) as circleci:
        with pytest.raises(ConfigurationError, match="the proxy cannot be used") as caught:
            await open_file(circleci, server)
    assert "pass" not in str(caught.value)


@pytest.mark.parametrize("anyio_backend", ["asyncio"], indirect=False)
async def test_aiohttp_with_a_socks_proxy_is_an_error(anyio_backend: str) -> None:
    connection = ConnectionOptions(proxy="socks5://127.0.0.1:1", fast=True)
    async with steady() as server, CircleCI(TOKEN, connection=connection) as circleci:
        with pytest.raises(ConfigurationError, match="aiohttp, which does not support socks5"):
            await open_file(circleci, server)


async def test_bodies_that_are_read_slowly_do_not_delay_waiting_calls(fast: bool) -> None:
    # More than the initial number of requests in flight, so that the rest waits.
    first, count = RateLimitPolicy().initial, 8
    asked, all_open = anyio.Event(), anyio.Event()
    opened = 0

    def answer(_: Received) -> Reply:
        if len(server.server.requests) == first:
            asked.set()
        return attrs.evolve(reply(200, b"x"), gate=asked)

    async def read() -> None:
        nonlocal opened
        async with circleci.stream(f"{server.url}/file") as body:
            opened += 1
            if opened == count:
                all_open.set()
            await all_open.wait()
            assert [piece async for piece in body] == [b"x"]

    with anyio.fail_after(20):
        async with (
            steady(answer) as server,
            client(server.url, fast=fast, rate_limit=RateLimitPolicy()) as circleci,
            anyio.create_task_group() as group,
        ):
            for _ in range(count):
                group.start_soon(read)


async def test_a_304_is_not_reported_as_a_redirect(fast: bool) -> None:
    async with (
        steady(lambda _: Reply(b"HTTP/1.1 304 Not Modified\r\n\r\n")) as server,
        client(server.url, fast=fast) as circleci,
    ):
        with pytest.raises(APIError, match=r"304 from GET .*: Not Modified") as caught:
            await open_file(circleci, server)
    assert "base_url" not in str(caught.value)


@pytest.mark.parametrize("answer", [SILENCE, Reply(HALF_A_REFUSAL, "hold")])
async def test_a_deadline_limits_the_time_until_the_body_begins(answer: Reply, fast: bool) -> None:
    async with steady(lambda _: answer) as server, client(server.url, fast=fast, max_concurrency=1) as circleci:
        with pytest.raises(APITimeoutError, match=r"within the deadline of 0\.05 s"):
            await open_file(circleci.with_options(deadline=0.05), server)
        await server.assert_serves_at_once(circleci, 1)
