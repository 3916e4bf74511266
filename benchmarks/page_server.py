"""A loopback CircleCI for benchmarks: a separate process that sends the same page for any request and counts connections."""

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

__all__ = ["PageServer", "page_of_pipelines", "page_server"]

_COUNT_CONNECTIONS: Final = "connections"


@attrs.frozen
class PageServer:
    """A running server.

    Attributes:
        base_url: The address of the API.
        page: The body of every response.
    """

    base_url: str
    page: bytes
    _pipe: Connection

    def connections(self) -> int:
        """Return the number of connections accepted so far."""
        self._pipe.send(_COUNT_CONNECTIONS)
        opened: int = self._pipe.recv()
        return opened


class _Pages:
    """The state that all connections share."""

    def __init__(self, page: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(page)}\r\n\r\n"
        self.response = head.encode() + page
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
            self._transport.write(self._pages.response)


async def _serve(listener: socket.socket, pipe: Connection, page: bytes) -> None:
    loop = asyncio.get_running_loop()
    pages = _Pages(page)

    def reply() -> None:
        assert pipe.recv() == _COUNT_CONNECTIONS
        pipe.send(pages.connections)

    server = await loop.create_server(lambda: _Connection(pages), sock=listener, backlog=1024)
    loop.add_reader(pipe.fileno(), reply)
    await server.serve_forever()


def _run(pipe: Connection, page: bytes) -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    pipe.send(listener.getsockname()[1])
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(listener, pipe, page))


def page_of_pipelines() -> bytes:
    """Return a page of twenty pipelines in CircleCI's format."""
    shape = Shape(pipelines=PAGE_SIZE)
    items = [shape.pipeline(number) for number in range(PAGE_SIZE, 0, -1)]
    return json.dumps({"items": items, "next_page_token": "more"}, separators=(",", ":")).encode()


@contextlib.contextmanager
def page_server() -> Iterator[PageServer]:
    """Run the server; its page has twenty pipelines in CircleCI's format."""
    page = page_of_pipelines()
    context = multiprocessing.get_context("spawn")
    parent, child = context.Pipe()
    process = context.Process(target=_run, args=(child, page), daemon=True)
    process.start()
    try:
        yield PageServer(f"http://127.0.0.1:{parent.recv()}/api/v2", page, parent)
    finally:
        process.terminate()
        process.join()
