"""Cleanup of connections that are cancelled while they are being established.

httpcore has two gaps there. A connection whose TLS handshake is cancelled is not closed; as long as the peer is silent,
the event loop keeps its socket open. And a connection that is cancelled immediately after it was established stays in
the pool for good: no request has begun on it that could end, so it permanently occupies a slot of the pool. Both are
reproduced by ``tests/http/test_cancelled_handshakes.py``.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpcore  # a dependency of httpx
from anyio.lowlevel import checkpoint_if_cancelled

__all__ = ["ClosingBackend"]


class ClosingBackend(httpcore.AsyncNetworkBackend):
    """Closes connections that are cancelled while they are being established.

    Args:
        inner: Establishes them.
    """

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
        async with _closed_on_error(stream):
            await checkpoint_if_cancelled()
        return _ClosingStream(stream)

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


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
