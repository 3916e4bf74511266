"""Guards for the pools of httpx: a connection is reused only if nothing is left to read on it.

httpcore reuses an HTTP/1.1 connection when its response has ended and its socket is silent. Bytes that it received in the
same read as the end of the response stay in h11 and become the response of the next request; a 204 with a body is enough
(https://github.com/encode/httpx/issues/1474). A client must not take such bytes for a response, and should close the
connection (RFC 9112, sections 6.3 and 9.2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import httpcore  # a dependency of httpx
import httpx

from circleci_v2._http.transports.connect_cleanup import ClosingBackend
from circleci_v2._http.transports.http1_stream import Http1Stream, Wrap
from circleci_v2._http.transports.internals import has_unparsed_bytes

__all__ = ["Create", "GuardedConnection", "guard_connections"]

Create = Callable[[httpcore.AsyncNetworkBackend], httpcore.AsyncConnectionInterface]
"""Creates a connection of httpcore that connects through a network backend."""
Guard = Callable[[Create, httpcore.AsyncNetworkBackend], httpcore.AsyncConnectionInterface]
"""Wraps such a connection; its second argument is the network backend of httpcore."""


class GuardedConnection(httpcore.AsyncConnectionInterface):
    """A connection of a pool that has expired as soon as there are unread bytes.

    Args:
        create: Creates the connection that sends and receives.
        backend: The network backend for it.
    """

    def __init__(self, create: Create, backend: httpcore.AsyncNetworkBackend) -> None:
        self._inner = inner = create(_Backend(backend, self._wrap_tls))
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

    def _wrap_tls(self, stream: httpcore.AsyncNetworkStream) -> httpcore.AsyncNetworkStream:
        return Http1Stream(stream, self._wrap_tls)


class _Backend(httpcore.AsyncNetworkBackend):
    """Connects one connection.

    Args:
        inner: The network backend of httpcore.
        wrap_tls: Wraps streams with TLS.
    """

    def __init__(self, inner: httpcore.AsyncNetworkBackend, wrap_tls: Wrap) -> None:
        self._inner = inner
        self._wrap_tls = wrap_tls

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
        return Http1Stream(stream, self._wrap_tls)

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
            pool._network_backend = ClosingBackend(network_backend)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
            return create_unguarded(origin)

        return guard(create, backend)

    pool.create_connection = create_connection  # type: ignore[method-assign]
    return transport
