"""Handshakes: a connection that is cancelled while it is made is closed.

httpcore has two gaps there. A connection whose TLS handshake is cancelled is not closed; as long as the other side keeps
silent, the event loop holds its socket open. And one that has just been made when the cancellation comes stays in the
pool, unused and for ever, because nothing has begun on it that could end; it takes a place away from all later requests.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpcore  # httpx is made of it, and brings it
import httpx
from anyio.lowlevel import checkpoint_if_cancelled

__all__ = ["closing_cancelled_handshakes"]


def closing_cancelled_handshakes(transport: httpx.AsyncHTTPTransport) -> httpx.AsyncHTTPTransport:
    """The same transport, which closes what is cancelled while it connects.

    Args:
        transport: It must not have opened a connection yet.
    """
    # httpcore takes a backend as an argument, but httpx hands none on.
    pool = transport._pool  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    pool._network_backend = _Backend(pool._network_backend)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    return transport


class _Backend(httpcore.AsyncNetworkBackend):
    def __init__(self, inner: httpcore.AsyncNetworkBackend) -> None:
        self._inner = inner

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        stream = await self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        async with _closed_if_cancelled(stream):
            await checkpoint_if_cancelled()
        return _Stream(stream)

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class _Stream(httpcore.AsyncNetworkStream):
    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner
        # These are called for every request; as attributes they cost nothing more.
        self.read = inner.read  # type: ignore[method-assign]
        self.write = inner.write  # type: ignore[method-assign]
        self.get_extra_info = inner.get_extra_info  # type: ignore[method-assign]

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface
    ) -> httpcore.AsyncNetworkStream:
        async with _closed_if_cancelled(self._inner):
            stream = await self._inner.start_tls(ssl_context, server_hostname, timeout)
            # From here to where httpcore puts the connection in use there is no other point to be cancelled at.
            await checkpoint_if_cancelled()
        return _Stream(stream)

    async def aclose(self) -> None:
        await self._inner.aclose()


@asynccontextmanager
async def _closed_if_cancelled(stream: httpcore.AsyncNetworkStream) -> AsyncGenerator[None]:
    try:
        yield
    except BaseException:
        with anyio.CancelScope(shield=True):
            await stream.aclose()
        raise
