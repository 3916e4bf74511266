"""A server on a loopback socket whose script decides about every byte, and about the time at which it is written."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio
import attrs
from anyio.abc import ByteStream, SocketAttribute
from anyio.streams.buffered import BufferedByteReceiveStream
from anyio.streams.tls import TLSStream

from circleci_v2 import CircleCI, ConnectionOptions
from tests.http.clients import UNPACED
from tests.http.encrypted import CERTIFICATE, KEY, trusting
from tests.http.fault_server import read_request
from tests.loopback import TOKEN, Received

MAX_WAIT = 60.0
"""Seconds; generous for a busy machine."""


class Corked(ByteStream):
    """A stream whose writes are held back while it is corked, to be sent in one piece."""

    def __init__(self, inner: ByteStream) -> None:
        self._inner = inner
        self._held = b""
        self.is_corked = False

    async def receive(self, max_bytes: int = 65536) -> bytes:
        return await self._inner.receive(max_bytes)

    async def send(self, item: bytes) -> None:
        self._held += item
        if not self.is_corked:
            await self.uncork()

    async def uncork(self) -> None:
        self.is_corked = False
        held, self._held = self._held, b""
        if held:
            await self._inner.send(held)

    async def send_eof(self) -> None:
        await self._inner.send_eof()

    async def aclose(self) -> None:
        await self._inner.aclose()


class Connection:
    """One connection of a server.

    Args:
        server: The server.
        stream: For reading and writing.
        wire: The TCP stream, which is below `stream` if that is encrypted.

    Attributes:
        number: How many connections came before.
    """

    def __init__(self, server: RawServer, stream: ByteStream, wire: Corked) -> None:
        self.number = server.connections
        self._server = server
        self._stream = stream
        self._wire = wire
        self._received = BufferedByteReceiveStream(stream)
        self._sending = anyio.Lock()

    async def request(self) -> Received | None:
        """Wait for a complete request; None when the client has closed the connection."""
        try:
            received = await read_request(self._received)
        except (anyio.EndOfStream, anyio.IncompleteRead, anyio.BrokenResourceError):
            return None
        self._server.requests.append(received)
        return received

    async def head(self) -> str:
        """Wait for the head of a request, and leave its body unread."""
        return (await self._received.receive_until(b"\r\n\r\n", 1 << 16)).decode("latin-1")

    async def receive_any(self) -> bytes:
        """Wait for any bytes."""
        return await self._received.receive()

    async def receive(self, count: int) -> bytes:
        """Wait for a number of bytes."""
        return await self._received.receive_exactly(count)

    async def send(self, *pieces: bytes) -> None:
        """Send bytes in one TCP write; with TLS, each piece is a record of its own."""
        async with self._sending:
            self._wire.is_corked = True
            for piece in pieces:
                await self._stream.send(piece)
            await self._wire.uncork()


Script = Callable[[Connection], Awaitable[None]]


@attrs.define(eq=False)
class RawServer:
    """A running server.

    Attributes:
        script: Serves one connection, which is closed when the script returns.
        tls: The certificate, or None to serve plain HTTP.
        port: Where it listens.
        connections: How many connections there have been.
        open: How many connections there are.
        requests: What `Connection.request` received.
    """

    script: Script
    tls: ssl.SSLContext | None
    port: int = 0
    connections: int = 0
    open: int = 0
    requests: list[Received] = attrs.field(factory=list[Received])

    @property
    def url(self) -> str:
        """The base URL of an API."""
        return f"{'http' if self.tls is None else 'https'}://127.0.0.1:{self.port}/api/v2"

    async def serve_connection(self, tcp: ByteStream) -> None:
        wire = Corked(tcp)
        self.open += 1
        try:
            async with tcp:
                stream: ByteStream = wire
                if self.tls is not None:
                    stream = await TLSStream.wrap(
                        wire, server_side=True, ssl_context=self.tls, standard_compatible=False
                    )
                connection = Connection(self, stream, wire)
                self.connections += 1
                await self.script(connection)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream, anyio.IncompleteRead):
            # The client closed first; the test checks the consequences.
            pass
        finally:
            self.open -= 1

    async def lost_all_connections(self) -> None:
        """Return when no connection is open, and the client has had time to notice."""
        while self.open:  # noqa: ASYNC110 - an event would have to be made anew for each connection
            await anyio.sleep(0.001)
        await anyio.wait_all_tasks_blocked()


def server_context(*protocols: str) -> ssl.SSLContext:
    """Return a context with the certificate of the loopback, which offers protocols by ALPN."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)
    context.set_alpn_protocols(protocols)
    return context


@asynccontextmanager
async def serving_raw(script: Script, *, tls: ssl.SSLContext | None = None) -> AsyncGenerator[RawServer]:
    """Serve on the event loop of the test."""
    server = RawServer(script, tls)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    server.port = listener.extra(SocketAttribute.local_port)
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, server.serve_connection)
        yield server
        group.cancel_scope.cancel()


def encrypted_client(server: RawServer, *, fast: bool = False, http2: bool = False, **options: object) -> CircleCI:
    """Return a client that trusts the certificate of the loopback."""
    return CircleCI(
        TOKEN,
        base_url=server.url,
        connection=ConnectionOptions(fast=fast, http2=http2, verify=trusting(), trust_env=False),
        rate_limit=UNPACED,
        **options,  # type: ignore[arg-type]
    )
