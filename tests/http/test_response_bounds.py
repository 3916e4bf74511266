"""Response bodies are bounded, compressed or not, and their declared length is not trusted."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Generator
from contextlib import contextmanager

import anyio
import pytest

from circleci_v2 import APIConnectionError, CircleCI, DecodeError
from tests.http.clients import client
from tests.http.fault_server import Reply, in_turn, json_reply, reply, serving

pytestmark = [
    pytest.mark.anyio,
    # httpx leaves its own inner generators to the garbage collector when a body is not read to its end; trio notices.
    pytest.mark.filterwarnings("ignore:Async generator '(httpx|httpcore):ResourceWarning"),
]

MIB = 1024 * 1024
MOST = 100_000
ZEROS = bytes(64 * MIB)
DEFLATED = zlib.compress(ZEROS, 9)
GZIPPED = gzip.compress(ZEROS, 9)
BOMBS = {
    "gzip": ("gzip", GZIPPED),
    "deflate": ("deflate", DEFLATED),
    "gzip twice": ("gzip, gzip", gzip.compress(GZIPPED, 9)),
    "gzip in many members": ("gzip", gzip.compress(bytes(MIB), 9) * 64),
}


def padded(size: int) -> bytes:
    """JSON with that many bytes."""
    return b'"' + b"x" * (size - 2) + b'"'


def chunked(*pieces: bytes) -> Reply:
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (*pieces, b""))
    return reply(200, body, ("Transfer-Encoding", "chunked"))


def unending(body: bytes) -> Reply:
    """A body without a length, which ends when the client closes the connection."""
    return Reply(b"HTTP/1.1 200 Reply\r\n\r\n" + body, "hold")


async def ask(circleci: CircleCI) -> object:
    return await circleci.request("GET", "/me")


@contextmanager
def memory_below(most: int) -> Generator[None]:
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < most


@pytest.mark.parametrize(
    "answer",
    [
        reply(200, padded(MOST)),
        chunked(padded(MOST)),
        reply(200, gzip.compress(padded(MOST)), ("Content-Encoding", "gzip")),
    ],
    ids=["with its length", "in chunks", "compressed"],
)
async def test_a_response_may_be_as_long_as_the_bound(answer: Reply, fast: bool):
    with anyio.fail_after(60):
        async with (
            serving(lambda _: answer) as server,
            client(server.url, fast=fast, max_response_bytes=MOST) as circleci,
        ):
            assert await ask(circleci) == "x" * (MOST - 2)


TOO_LONG = {
    "with its length": reply(200, padded(MOST + 1)),
    "in chunks": chunked(padded(MOST), b"x"),
    "compressed": reply(200, gzip.compress(padded(MOST + 1)), ("Content-Encoding", "gzip")),
    "without end": unending(padded(MOST + 1)),
    "announced only": reply(200, b"", ("Content-Length", "10000000000"), ending="hold"),
    "as an error": reply(500, padded(MOST + 1)),
    "as a refusal": reply(429, padded(MOST + 1)),
}


async def test_the_content_length_of_a_head_response_is_ignored(fast: bool):
    told = reply(200, b"", ("Content-Length", "1000000"))
    async with serving(lambda _: told) as server, client(server.url, fast=fast, max_response_bytes=100) as circleci:
        assert await circleci.request("HEAD", "/me") is None


@pytest.mark.parametrize("kind", TOO_LONG)
async def test_a_longer_response_is_an_error_with_advice(kind: str, fast: bool):
    with anyio.fail_after(60):
        async with (
            serving(in_turn(TOO_LONG[kind], then=json_reply({}))) as server,
            client(server.url, fast=fast, max_response_bytes=MOST) as circleci,
        ):
            with pytest.raises(DecodeError, match="the client accepts 100,000: raise max_response_bytes"):
                await ask(circleci)
            await ask(circleci)
            assert server.connections == 1
    assert len(server.requests) == 2


@pytest.mark.parametrize("bomb", BOMBS)
async def test_a_compression_bomb_is_not_decompressed(bomb: str, fast: bool):
    encoding, body = BOMBS[bomb]
    answer = reply(200, body, ("Content-Encoding", encoding))
    with anyio.fail_after(60):
        async with (
            serving(lambda _: answer) as server,
            client(server.url, fast=fast, max_response_bytes=MOST) as circleci,
        ):
            with memory_below(8 * MIB), pytest.raises(DecodeError, match="max_response_bytes"):
                await ask(circleci)
    assert len(server.requests) == 1


def head(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in ("HTTP/1.1 200 Reply", *lines, "")).encode()


LIES = {
    "longer than the body": reply(200, b"{}", ("Content-Length", "3"), ending="close"),
    "longer than a compressed body": reply(
        200, gzip.compress(b"{}"), ("Content-Encoding", "gzip"), ("Content-Length", "99"), ending="close"
    ),
    "no number": reply(200, b"{}", ("Content-Length", "two"), ending="close"),
    "negative": reply(200, b"{}", ("Content-Length", "-2"), ending="close"),
    "two lengths": Reply(head("Content-Length: 2", "Content-Length: 3") + b"{} ", "close"),
    "a chunk that is cut": Reply(head("Transfer-Encoding: chunked") + b"f\r\n{}", "close"),
    "chunks without an end": Reply(head("Transfer-Encoding: chunked") + b"2\r\n{}\r\n", "close"),
    "a chunk of no size": Reply(head("Transfer-Encoding: chunked") + b"two\r\n{}\r\n0\r\n\r\n", "close"),
    "a compressed body that is cut": reply(200, gzip.compress(b"{}")[:-3], ("Content-Encoding", "gzip")),
    "not compressed at all": reply(200, b"{}", ("Content-Encoding", "gzip")),
    "a head without end": Reply(head(f"X-Filling: {'x' * 200_000}") + b"{}", "close"),
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_body_that_contradicts_its_headers_is_requested_again(lie: str, fast: bool):
    with anyio.fail_after(60):
        async with (
            serving(in_turn(LIES[lie], LIES[lie], then=json_reply({"whole": True}))) as server,
            client(server.url, fast=fast) as circleci,
        ):
            assert await ask(circleci) == {"whole": True}
    assert len(server.requests) == 3


@pytest.mark.parametrize("lie", LIES)
async def test_a_body_that_keeps_contradicting_its_headers_is_an_error(lie: str, fast: bool):
    with anyio.fail_after(60):
        async with serving(lambda _: LIES[lie]) as server, client(server.url, fast=fast, max_retries=1) as circleci:
            with pytest.raises(APIConnectionError, match=r"from GET http://127\.0\.0\.1:\d+/api/v2/me: ."):
                await ask(circleci)
    assert len(server.requests) == 2


async def test_a_body_that_is_longer_than_its_content_length_is_not_accepted(fast: bool):
    answer = reply(200, b'{"a": 1}', ("Content-Length", "5"))
    with anyio.fail_after(60):
        async with (
            serving(in_turn(answer, then=json_reply({}))) as server,
            client(server.url, fast=fast, max_retries=0) as circleci,
        ):
            # aiohttp finds more bytes than the response has; with httpx, the truncated body is not JSON.
            with pytest.raises((DecodeError, APIConnectionError)):
                await ask(circleci)
            assert await circleci.with_options(max_retries=1).request("GET", "/me") == {}
