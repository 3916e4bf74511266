"""A web server on a loopback socket that writes exactly the given bytes, and can break off after any of them.

It runs on the event loop of the test, so that its counts are exact whenever the test looks at them.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Literal

import anyio
import attrs
from anyio.abc import ByteStream, SocketAttribute
from anyio.streams.buffered import BufferedByteReceiveStream

from tests.loopback import Received

Ending = Literal["keep", "close", "reset", "hold"]


@attrs.frozen
class Reply:
    """The bytes to write for one request.

    Attributes:
        raw: The bytes, head and body.
        ending: What becomes of the connection then: kept for the next request, closed, reset, or held open in silence
            until the client goes away.
        delay: Seconds to wait before.
        gate: Is waited for before, too.
    """

    raw: bytes = b""
    ending: Ending = "keep"
    delay: float = 0.0
    gate: anyio.Event | None = None


CUT = Reply(ending="close")
RESET = Reply(ending="reset")
SILENCE = Reply(ending="hold")

Handler = Callable[[Received], Reply]


def reply(
    status: int = 200, body: bytes = b"", *headers: tuple[str, str], ending: Ending = "keep", delay: float = 0.0
) -> Reply:
    """A reply with a Content-Length that fits, unless the headers say otherwise."""
    names = {name.lower() for name, _ in headers}
    told = (
        headers if names & {"content-length", "transfer-encoding"} else (("Content-Length", str(len(body))), *headers)
    )
    head = "".join(f"{name}: {value}\r\n" for name, value in told)
    return Reply(f"HTTP/1.1 {status} Reply\r\n{head}\r\n".encode("latin-1") + body, ending, delay)


def json_reply(value: Any, *headers: tuple[str, str], status: int = 200) -> Reply:
    return reply(status, json.dumps(value).encode(), ("Content-Type", "application/json"), *headers)


def in_turn(*replies: Reply, then: Reply) -> Handler:
    """Each reply once, and from then on the last."""
    rest: Iterator[Reply] = iter(replies)
    return lambda _: next(rest, then)


@attrs.define
class FaultServer:
    """A running server.

    Attributes:
        handler: Says what to write for each request.
        port: Where it listens.
        requests: What it received whole, in order.
        connections: How many connections are open.
        most_connections: How many were open at a time.
    """

    handler: Handler
    port: int = 0
    requests: list[Received] = attrs.field(factory=list[Received])
    connections: int = 0
    most_connections: int = 0

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The base URL of an API."""
        return f"{self.origin}/api/v2"

    async def received(self, count: int) -> None:
        """Return when that many requests have been received."""
        while len(self.requests) < count:  # noqa: ASYNC110 - what an event for each number would be
            await anyio.sleep(0.001)

    def methods(self) -> list[str]:
        return [request.method for request in self.requests]

    async def lost_all_connections(self) -> None:
        """Return when no connection is open any more, and the client has had time to notice."""
        while self.connections:  # noqa: ASYNC110 - an event would have to be made anew for each connection
            await anyio.sleep(0.001)
        await anyio.wait_all_tasks_blocked()

    async def serve_connection(self, stream: ByteStream) -> None:
        self.connections += 1
        self.most_connections = max(self.connections, self.most_connections)
        try:
            async with stream:
                await self._converse(stream)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, ConnectionError):
            # The client closed first; the test checks the consequences.
            pass
        finally:
            self.connections -= 1

    async def _converse(self, stream: ByteStream) -> None:
        received = BufferedByteReceiveStream(stream)
        ending: Ending = "keep"
        while ending == "keep":
            try:
                request = await read_request(received)
            except (anyio.EndOfStream, anyio.IncompleteRead):
                return
            self.requests.append(request)
            answer = self.handler(request)
            await anyio.sleep(answer.delay)
            if answer.gate is not None:
                await answer.gate.wait()
            if answer.raw:
                await stream.send(answer.raw)
            ending = answer.ending
        if ending == "hold":
            with suppress(anyio.EndOfStream):
                await stream.receive()
        elif ending == "reset":
            raw_socket = stream.extra(SocketAttribute.raw_socket)
            raw_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def read_request(stream: BufferedByteReceiveStream) -> Received:
    """Read a request with its body."""
    head = (await stream.receive_until(b"\r\n\r\n", 1 << 16)).decode("latin-1")
    request_line, *lines = head.split("\r\n")
    method, target, _ = request_line.split(" ")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await stream.receive_exactly(int(headers.get("content-length", "0")))
    return Received(method, target, headers, body)


@contextmanager
def refusing_port() -> Generator[int]:
    """A port that refuses every connection, until it is passed to `serving`."""
    with socket.socket() as reserved:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reserved.bind(("127.0.0.1", 0))
        yield reserved.getsockname()[1]


@asynccontextmanager
async def serving(handler: Handler, *, port: int = 0) -> AsyncGenerator[FaultServer]:
    """Serve on the event loop of the test."""
    server = FaultServer(handler)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port, reuse_port=port != 0)
    server.port = listener.extra(SocketAttribute.local_port)
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, server.serve_connection)
        yield server
        group.cancel_scope.cancel()
