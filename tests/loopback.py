"""A web server on a loopback socket that does exactly what a test tells it, also what no right server does."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import unquote

import attrs

TOKEN = "the-token-of-the-tests"


@attrs.frozen
class Received:
    """A request as it came: names of headers in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return unquote(self.target.partition("?")[0])

    @property
    def range_start(self) -> int:
        return int(self.headers.get("range", "bytes=0-").removeprefix("bytes=").partition("-")[0])


@attrs.frozen
class Reply:
    """What to answer.

    Attributes:
        length: The Content-Length to claim; None sends none and closes after the body.
        cut_after: Close the connection after so many bytes of the body.
        delay: Seconds to wait before the answer.
    """

    status: int = 200
    headers: dict[str, str] = attrs.field(factory=dict)
    body: bytes | Iterable[bytes] = b""
    length: int | None = attrs.field(
        default=attrs.Factory(lambda reply: len(reply.body) if isinstance(reply.body, bytes) else None, takes_self=True)
    )
    cut_after: int | None = None
    delay: float = 0.0


Handler = Callable[[Received], Reply]


@attrs.define
class Loopback:
    """A running server.

    Attributes:
        url: Its origin, for example ``http://127.0.0.1:49152``.
        requests: What it received, in order.
        connections: How many connections are open.
        most_connections: How many were open at a time.
    """

    handler: Handler
    url: str = ""
    requests: list[Received] = attrs.field(factory=list)
    connections: int = 0
    most_connections: int = 0

    async def serve_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.most_connections = max(self.connections, self.most_connections)
        try:
            while request := await _read(reader):
                self.requests.append(request)
                if not await _answer(writer, self.handler(request)):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            # The client went away, and what it makes of that is the test's matter; or the server ends.
            pass
        finally:
            self.connections -= 1
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Received | None:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = await reader.readline()
        if not line:
            return None
        head += line
    request_line, *lines = head.decode("latin-1").split("\r\n")[:-2]
    method, target, _ = request_line.split(" ")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(method, target, headers, body)


async def _answer(writer: asyncio.StreamWriter, reply: Reply) -> bool:
    """Whether the connection can be used again."""
    if reply.delay:
        await asyncio.sleep(reply.delay)
    headers = dict(reply.headers)
    if reply.length is not None:
        headers.setdefault("Content-Length", str(reply.length))
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"HTTP/1.1 {reply.status} Reply\r\n{head}\r\n".encode("latin-1"))
    sent = 0
    for piece in [reply.body] if isinstance(reply.body, bytes) else reply.body:
        kept = piece if reply.cut_after is None else piece[: max(0, reply.cut_after - sent)]
        sent += len(kept)
        writer.write(kept)
        await writer.drain()
        if len(kept) < len(piece):
            return False
    return reply.length is not None and reply.cut_after is None


@contextmanager
def serving(handler: Handler) -> Iterator[Loopback]:
    """Serve in a thread of its own, so that the client may run on any event loop."""
    loopback = Loopback(handler)
    started = threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def main() -> None:
        server = await asyncio.start_server(loopback.serve_connection, "127.0.0.1", 0, limit=1 << 20)
        loopback.url = "http://127.0.0.1:%d" % server.sockets[0].getsockname()[1]  # noqa: UP031 - no f-string nests here
        started.set()
        await stop.wait()
        server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def run() -> None:
        try:
            loop.run_until_complete(main())
        finally:
            loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    started.wait(10)
    try:
        yield loopback
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
