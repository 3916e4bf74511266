"""A loopback CircleCI for benchmarks: a process of its own that answers everything with one page and counts connections."""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import socket
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import Final

import attrs

from benchmarks.latency_server import PAGE_SIZE, Shape

__all__ = ["PageServer", "page_server"]

_QUESTION: Final = "connections"


@attrs.frozen
class PageServer:
    """A server that runs.

    Attributes:
        base_url: Where it is.
        page: The body of each of its answers.
    """

    base_url: str
    page: bytes
    _line: Connection

    def connections(self) -> int:
        """How many connections were opened to it so far."""
        self._line.send(_QUESTION)
        opened: int = self._line.recv()
        return opened


class _Pages:
    """What all connections share."""

    def __init__(self, page: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(page)}\r\n\r\n"
        self.answer = head.encode() + page
        self.connections = 0


class _Connection(asyncio.Protocol):
    def __init__(self, pages: _Pages) -> None:
        self._pages = pages
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._pages.connections += 1

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        *requests, self._received = (self._received + data).split(b"\r\n\r\n")
        for _ in requests:
            self._transport.write(self._pages.answer)


async def _serve(listener: socket.socket, line: Connection, page: bytes) -> None:
    loop = asyncio.get_running_loop()
    pages = _Pages(page)

    def reply() -> None:
        assert line.recv() == _QUESTION
        line.send(pages.connections)

    server = await loop.create_server(lambda: _Connection(pages), sock=listener, backlog=1024)
    loop.add_reader(line.fileno(), reply)
    await server.serve_forever()


def _run(line: Connection, page: bytes) -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    line.send(listener.getsockname()[1])
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(listener, line, page))


@contextlib.contextmanager
def page_server() -> Iterator[PageServer]:
    """Run the server; its page holds twenty pipelines as CircleCI lists them."""
    shape = Shape(pipelines=PAGE_SIZE)
    items = [shape.pipeline(number) for number in range(PAGE_SIZE, 0, -1)]
    page = json.dumps({"items": items, "next_page_token": "more"}, separators=(",", ":")).encode()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_run, args=(theirs, page), daemon=True)
    process.start()
    try:
        yield PageServer(f"http://127.0.0.1:{ours.recv()}/api/v2", page, ours)
    finally:
        process.terminate()
        process.join()
