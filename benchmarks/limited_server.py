"""A loopback CircleCI for benchmarks that limits rates: a separate process that needs little CPU time.

It counts a request when it arrives, responds after a fixed latency, and optionally sends rate-limit headers. It also counts
accepted connections, which shows whether a client reuses them.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import multiprocessing
import socket
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from random import Random
from typing import Any, Final, Literal

import attrs

__all__ = ["PAGE", "Limits", "Statistics", "limited_server"]


def _page() -> bytes:
    pipeline = {
        "id": "5034460f-c7c4-4c43-9457-de07e2029e7b",
        "number": 25,
        "project_slug": "gh/acme/web",
        "state": "created",
        "created_at": "2026-01-31T12:00:00.123Z",
        "updated_at": "2026-01-31T12:05:00.123Z",
        "errors": [],
        "trigger": {
            "type": "webhook",
            "received_at": "2026-01-31T11:59:59.000Z",
            "actor": {"login": "fake-user", "avatar_url": "https://avatars.example.com/u/1"},
        },
        "vcs": {
            "provider_name": "GitHub",
            "origin_repository_url": "https://github.com/acme/web",
            "target_repository_url": "https://github.com/acme/web",
            "revision": "f454a02b5d10fcccfd7d9dd7608a76d6493a98b4",
            "branch": "main",
            "commit": {"subject": "Describe the change " + "s" * 400, "body": "b" * 150},
        },
    }
    return json.dumps({"items": [pipeline] * 20, "next_page_token": None}).encode()


PAGE: Final = _page()
"""A page of 20 pipelines, about 27 KB, as `pipelines.list_for_project` receives it."""


@attrs.frozen(kw_only=True)
class Limits:
    """The rate limit and the responses of the server.

    Attributes:
        rate: Requests per second; 0 for no limit.
        burst: The capacity of the token bucket, or the number of requests per window.
        kind: A token bucket, which is refilled steadily, or a window of one second.
        headers: Send rate-limit headers.
        retry_after: The ``Retry-After`` of a rejection: whole seconds until a request is left, 0, or no header.
        rejected_percent: How many of each hundred requests are rejected whatever their rate; which ones is random.
        latency: Seconds before a response.
        page: Respond with a page of pipelines.
    """

    rate: float = 0.0
    burst: int = 0
    kind: Literal["bucket", "window"] = "bucket"
    headers: bool = True
    retry_after: Literal["seconds", "zero", "none"] = "seconds"
    rejected_percent: int = 0
    latency: float = 0.0
    page: bool = False


@attrs.define
class Statistics:
    """The requests and connections that the server counted."""

    accepted: int = 0
    rejected: int = 0
    connections: int = 0


class _Limiter:
    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._remaining = float(limits.burst)
        self._updated_at = time.monotonic()

    def take(self) -> tuple[bool, int, int, int]:
        """Count a request: whether it is allowed, requests left, seconds until the limit is full, and until one is left."""
        now = time.monotonic()
        if self._limits.kind == "window":
            if math.floor(now) > math.floor(self._updated_at):
                self._remaining = self._limits.burst
        else:
            self._remaining = min(self._limits.burst, self._remaining + self._limits.rate * (now - self._updated_at))
        self._updated_at = now
        allowed = self._remaining >= 1
        self._remaining -= allowed
        if self._limits.kind == "window":
            return allowed, int(self._remaining), 1, 1
        full = math.ceil((self._limits.burst - self._remaining) / self._limits.rate)
        return allowed, int(self._remaining), full, max(1, math.ceil((1 - self._remaining) / self._limits.rate))


def _random_rejections(percent: int) -> Iterator[bool]:
    """Yield for each request whether it is rejected; the same number of each hundred, so that counts are comparable."""
    random, hundred = Random(0), [number < percent for number in range(100)]
    while True:
        yield from random.sample(hundred, 100)


class _Protocol(asyncio.Protocol):
    def __init__(
        self, limits: Limits, limiter: _Limiter | None, random_rejections: Iterator[bool], statistics: Statistics
    ) -> None:
        self._limits = limits
        self._limiter = limiter
        self._random_rejections = random_rejections
        self._statistics = statistics
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._statistics.connections += 1

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            _, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
            response = self._response()
            if self._limits.latency:
                asyncio.get_running_loop().call_later(self._limits.latency, self._write, response)
            else:
                self._write(response)

    def _write(self, response: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(response)

    def _response(self) -> bytes:
        body = PAGE if self._limits.page else b'{"id":"b5a3"}'
        headers = ""
        status = "200 OK"
        allowed, retry_after = not next(self._random_rejections), 0
        if allowed and self._limiter is not None:
            allowed, remaining, reset, retry_after = self._limiter.take()
            if self._limits.headers:
                headers = f"RateLimit-Limit: {self._limits.burst}\r\n"
                headers += f"RateLimit-Remaining: {remaining}\r\nRateLimit-Reset: {reset}\r\n"
        if not allowed:
            status, body = "429 Too Many Requests", b"Rate limited."
            if self._limits.retry_after != "none":
                headers += f"Retry-After: {retry_after if self._limits.retry_after == 'seconds' else 0}\r\n"
        self._statistics.rejected += not allowed
        self._statistics.accepted += allowed
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        return head.encode() + body


def _serve(limits: Limits, pipe: Connection) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        statistics = Statistics()
        limiter = _Limiter(limits) if limits.rate else None
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.bind(("127.0.0.1", 0))
        rejections = _random_rejections(limits.rejected_percent)
        server = await loop.create_server(
            lambda: _Protocol(limits, limiter, rejections, statistics), sock=listener, backlog=1024
        )
        stop_requested = asyncio.Event()
        loop.add_reader(pipe.fileno(), stop_requested.set)
        pipe.send(listener.getsockname()[1])
        await stop_requested.wait()
        loop.remove_reader(pipe.fileno())
        server.close()
        pipe.send(statistics)

    asyncio.run(main())


@attrs.define
class RunningServer:
    """A server in another process."""

    url: str
    _pipe: Connection
    _statistics: Statistics | None = None

    def stop(self) -> Statistics:
        """Stop the server and return its statistics."""
        if self._statistics is None:
            self._pipe.send(None)
            self._statistics = self._pipe.recv()
        return self._statistics


@contextlib.contextmanager
def limited_server(limits: Limits) -> Iterator[RunningServer]:
    """Serve until the block ends."""
    context: Any = multiprocessing.get_context("spawn")
    parent, child = context.Pipe()
    process = context.Process(target=_serve, args=(limits, child), daemon=True)
    process.start()
    server = RunningServer(f"http://127.0.0.1:{parent.recv()}/api/v2", parent)
    try:
        yield server
    finally:
        server.stop()
        process.join(5)
