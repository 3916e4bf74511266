"""A loopback CircleCI for benchmarks that limits rates: a process of its own, written for little CPU.

It counts a request when it arrives, answers after a fixed latency, and tells (or hides) the budget in its headers. It also
counts the connections that it accepted, which is how a pool is told from a leak.
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
            "commit": {"subject": "Tell the story " + "s" * 400, "body": "b" * 150},
        },
    }
    return json.dumps({"items": [pipeline] * 20, "next_page_token": None}).encode()


PAGE: Final = _page()
"""A page of 20 pipelines, about 27 KB, as `pipelines.list_for_project` reads it."""


@attrs.frozen(kw_only=True)
class Limits:
    """What the server allows.

    Attributes:
        rate: Requests per second; 0 allows any number.
        burst: Requests that a full budget holds; for windows, what each window allows.
        kind: Whether the budget is refilled steadily, or once per second.
        headers: Whether the answers tell the budget.
        latency: Seconds before the answer.
        page: Whether answers hold a page of pipelines.
    """

    rate: float = 0.0
    burst: int = 0
    kind: Literal["bucket", "window"] = "bucket"
    headers: bool = True
    latency: float = 0.0
    page: bool = False


@attrs.define
class Statistics:
    """What the server saw."""

    accepted: int = 0
    refused: int = 0
    connections: int = 0


class _Budget:
    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._left = float(limits.burst)
        self._at = time.monotonic()

    def take(self) -> tuple[bool, int, int, int]:
        """Whether it is allowed, what is left, seconds until it is full, seconds until there is one again."""
        now = time.monotonic()
        if self._limits.kind == "window":
            if math.floor(now) > math.floor(self._at):
                self._left = self._limits.burst
        else:
            self._left = min(self._limits.burst, self._left + self._limits.rate * (now - self._at))
        self._at = now
        allowed = self._left >= 1
        self._left -= allowed
        if self._limits.kind == "window":
            return allowed, int(self._left), 1, 1
        full = math.ceil((self._limits.burst - self._left) / self._limits.rate)
        return allowed, int(self._left), full, max(1, math.ceil((1 - self._left) / self._limits.rate))


class _Protocol(asyncio.Protocol):
    def __init__(self, limits: Limits, budget: _Budget | None, statistics: Statistics) -> None:
        self._limits = limits
        self._budget = budget
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
            answer = self._answer()
            if self._limits.latency:
                asyncio.get_running_loop().call_later(self._limits.latency, self._write, answer)
            else:
                self._write(answer)

    def _write(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)

    def _answer(self) -> bytes:
        body = PAGE if self._limits.page else b'{"id":"b5a3"}'
        told = ""
        status = "200 OK"
        if self._budget is not None:
            allowed, left, full, again = self._budget.take()
            if self._limits.headers:
                told = f"RateLimit-Limit: {self._limits.burst}\r\nRateLimit-Remaining: {left}\r\nRateLimit-Reset: {full}\r\n"
            if not allowed:
                status, body, told = "429 Too Many Requests", b"Rate limited.", f"{told}Retry-After: {again}\r\n"
            self._statistics.refused += not allowed
            self._statistics.accepted += allowed
        else:
            self._statistics.accepted += 1
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{told}\r\n"
        return head.encode() + body


def _serve(limits: Limits, pipe: Connection) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        statistics = Statistics()
        budget = _Budget(limits) if limits.rate else None
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.bind(("127.0.0.1", 0))
        server = await loop.create_server(lambda: _Protocol(limits, budget, statistics), sock=listener, backlog=1024)
        asked = asyncio.Event()
        loop.add_reader(pipe.fileno(), asked.set)
        pipe.send(listener.getsockname()[1])
        await asked.wait()
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
        """End it, and learn what it saw."""
        if self._statistics is None:
            self._pipe.send(None)
            self._statistics = self._pipe.recv()
        return self._statistics


@contextlib.contextmanager
def limited_server(limits: Limits) -> Iterator[RunningServer]:
    """Serve until the block ends."""
    context: Any = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(limits, there), daemon=True)
    process.start()
    server = RunningServer(f"http://127.0.0.1:{here.recv()}/api/v2", here)
    try:
        yield server
    finally:
        server.stop()
        process.join(5)
