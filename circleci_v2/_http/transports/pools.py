"""Connection pools of httpx: sharded, with connections that are reused only in a known state and never leaked.

- `ShardedTransport` uses many small pools instead of one large one. For each request, httpcore iterates over every
  connection and every queued request of its pool, so the cost of a burst grows with the square of the pool's size. From
  about 50 connections on it dominates everything else (4.9 ms of CPU time per request at 100 concurrent requests), while
  pools of a few connections stay cheap: 6 to 8 times less at 100.
- `GuardedConnection` is reused only if nothing is left to read on it. httpcore reuses an HTTP/1.1 connection when its
  response has ended and its socket is silent. Bytes that it received in the same read as the end of the response stay in
  h11 and become the response of the next request; a 204 with a body is enough
  (https://github.com/encode/httpx/issues/1474). A client must not take such bytes for a response, and should close the
  connection (RFC 9112, sections 6.3 and 9.2).
- `_ClosingStream` closes connections that are cancelled while they are being established, where httpcore has two gaps.
  A connection whose TLS handshake is cancelled is not closed; as long as the peer is silent, the event loop keeps its
  socket open. And a connection that is cancelled immediately after it was established stays in the pool for good: no
  request has begun on it that could end, so it permanently occupies a slot of the pool. Both are reproduced by
  ``tests/http/test_cancelled_handshakes.py``.
"""

from __future__ import annotations

import math
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, Final

import anyio
import httpcore  # a dependency of httpx
import httpx
from anyio.lowlevel import checkpoint_if_cancelled

from circleci_v2._http.transports.http1_stream import Http1Stream, has_unparsed_bytes

__all__ = [
    "CONNECTIONS_PER_SHARD",
    "Create",
    "GuardedConnection",
    "ShardedTransport",
    "guard_connections",
]

CONNECTIONS_PER_SHARD: Final = 2
"""Measured: 2 to 4 are best for 50 to 200 concurrent requests; 32 are no better than one pool."""

Create = Callable[[httpcore.AsyncNetworkBackend], httpcore.AsyncConnectionInterface]
"""Creates a connection of httpcore that connects through a network backend."""
Guard = Callable[[Create, httpcore.AsyncNetworkBackend], httpcore.AsyncConnectionInterface]
"""Wraps such a connection; its second argument is the network backend of httpcore."""


class ShardedTransport(httpx.AsyncBaseTransport):
    """Sends each request through the least loaded pool.

    Pools are created on demand, so a client that sends one request at a time has one.

    Args:
        make_pool: Creates a pool with a maximum number of connections, all of which it keeps alive.
        connections: The maximum number of connections of all pools together, rounded up to complete pools. Send no more
            requests than that concurrently: they would queue inside httpcore, where a cancelled request can lose a
            connection (https://github.com/encode/httpcore/issues/1093).
        per_shard: The maximum number of connections of one pool.
    """

    def __init__(
        self,
        make_pool: Callable[[int], httpx.AsyncBaseTransport],
        *,
        connections: int,
        per_shard: int = CONNECTIONS_PER_SHARD,
    ) -> None:
        self._make_pool = make_pool
        self._per_shard = min(per_shard, connections)
        self._max_shards = math.ceil(connections / self._per_shard)
        self._shards: list[_Shard] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request through the least loaded pool."""
        shard = self._choose()
        shard.load += 1
        try:
            response = await shard.pool.handle_async_request(request)
        except BaseException:
            shard.load -= 1
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - async transports return async streams
        response.stream = _CountedStream(response.stream, shard)
        return response

    def _choose(self) -> _Shard:
        # The first idle pool in a fixed order, so that the last ones expire when there is little to do.
        least = None
        for shard in self._shards:
            if not shard.load:
                return shard
            if least is None or shard.load < least.load:
                least = shard
        if least is None or len(self._shards) < self._max_shards:
            least = _Shard(self._make_pool(self._per_shard))
            self._shards.append(least)
        return least

    async def aclose(self) -> None:
        """Close every connection."""
        for shard in self._shards:
            await shard.pool.aclose()


class _Shard:
    __slots__ = ("load", "pool")

    def __init__(self, pool: httpx.AsyncBaseTransport) -> None:
        self.pool = pool
        self.load = 0


class _CountedStream(httpx.AsyncByteStream):
    """A body that counts as load of its pool until it is closed."""

    def __init__(self, stream: httpx.AsyncByteStream, shard: _Shard) -> None:
        self._stream = stream
        self._shard: _Shard | None = shard

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._stream)

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            if self._shard is not None:
                self._shard.load -= 1
                self._shard = None


class GuardedConnection(httpcore.AsyncConnectionInterface):
    """A connection of a pool that has expired as soon as there are unread bytes.

    Args:
        create: Creates the connection that sends and receives.
        backend: The network backend for it.
    """

    def __init__(self, create: Create, backend: httpcore.AsyncNetworkBackend) -> None:
        self._inner = inner = create(_Backend(backend, self._wrap))
        # Called several times for every request; as attributes they add no call.
        self.can_handle_request = inner.can_handle_request  # type: ignore[method-assign]
        self.is_idle = inner.is_idle  # type: ignore[method-assign]
        self.is_closed = inner.is_closed  # type: ignore[method-assign]
        self.info = inner.info  # type: ignore[method-assign]
        self.aclose = inner.aclose  # type: ignore[method-assign]

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request.

        Raises:
            httpcore.ConnectionNotAvailable: The connection cannot be used; the pool takes another one.
        """
        return await self._inner.handle_async_request(request)

    def is_available(self) -> bool:
        """Whether the connection can take another request now."""
        return self._inner.is_available()

    def has_expired(self) -> bool:
        """Whether the pool must close the connection instead of using it again."""
        return self._inner.has_expired() or (self._inner.is_idle() and has_unparsed_bytes(self._inner))

    async def _wrap(self, stream: httpcore.AsyncNetworkStream) -> httpcore.AsyncNetworkStream:
        return self._wrap_tls(stream)

    def _wrap_tls(self, stream: httpcore.AsyncNetworkStream) -> httpcore.AsyncNetworkStream:
        return Http1Stream(stream, self._wrap_tls)


class _Backend(httpcore.AsyncNetworkBackend):
    """Connects, and wraps the connection.

    Args:
        inner: The network backend that connects.
        wrap: Wraps a connection that was established.
    """

    def __init__(
        self,
        inner: httpcore.AsyncNetworkBackend,
        wrap: Callable[[httpcore.AsyncNetworkStream], Awaitable[httpcore.AsyncNetworkStream]],
    ) -> None:
        self._inner = inner
        self._wrap = wrap

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            stream = await self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        except UnicodeError as error:
            # From Python's resolver on trio, for names that DNS does not allow.
            msg = f"{host!r} is not a valid host name"
            raise httpcore.ConnectError(msg) from error
        return await self._wrap(stream)

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


def guard_connections(
    transport: httpx.AsyncHTTPTransport, guard: Guard = GuardedConnection
) -> httpx.AsyncHTTPTransport:
    """Make a transport guard its connections, and close those that are cancelled while they are being established.

    Args:
        transport: A transport without open connections; it is modified.
        guard: Wraps each connection.

    Returns:
        The same transport.
    """
    # httpcore accepts both as an argument or by inheritance, but httpx has no way to pass them.
    pool = transport._pool  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    backend = pool._network_backend  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    create_unguarded = pool.create_connection

    def create_connection(origin: httpcore.Origin) -> httpcore.AsyncConnectionInterface:
        def create(network_backend: httpcore.AsyncNetworkBackend) -> httpcore.AsyncConnectionInterface:
            pool._network_backend = _Backend(network_backend, _closing)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
            return create_unguarded(origin)

        return guard(create, backend)

    pool.create_connection = create_connection  # type: ignore[method-assign]
    return transport


async def _closing(stream: httpcore.AsyncNetworkStream) -> httpcore.AsyncNetworkStream:
    """Wrap a connection so that it is closed if it is cancelled while it is being established."""
    async with _closed_on_error(stream):
        await checkpoint_if_cancelled()
    return _ClosingStream(stream)


class _ClosingStream(httpcore.AsyncNetworkStream):
    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner
        # Called for every request; as attributes they add no call.
        self.read = inner.read  # type: ignore[method-assign]
        self.write = inner.write  # type: ignore[method-assign]
        self.get_extra_info = inner.get_extra_info  # type: ignore[method-assign]

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface
    ) -> httpcore.AsyncNetworkStream:
        async with _closed_on_error(self._inner):
            stream = await self._inner.start_tls(ssl_context, server_hostname, timeout)
            # The last point of cancellation before httpcore begins a request on the connection.
            await checkpoint_if_cancelled()
        return _ClosingStream(stream)

    async def aclose(self) -> None:
        await self._inner.aclose()


@asynccontextmanager
async def _closed_on_error(stream: httpcore.AsyncNetworkStream) -> AsyncGenerator[None]:
    try:
        yield
    except BaseException:
        with anyio.CancelScope(shield=True):
            await stream.aclose()
        raise
