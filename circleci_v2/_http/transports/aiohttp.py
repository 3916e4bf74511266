"""Fast transport: aiohttp under httpx's interface. Needs the extra ``fast``, and asyncio."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from circleci_v2.errors import ConfigurationError

__all__ = ["FastTransport"]


class FastTransport(httpx.AsyncBaseTransport):
    """Sends requests through aiohttp.

    httpx-aiohttp reports a connection that broke after the request was sent as one that was never made. That is the
    difference between a pipeline triggered once and twice, so errors are named anew here, by what aiohttp says.

    Args:
        ssl_context: Whom to trust.
        connections: How many connections may be open.
        keepalive: Seconds that an idle one is kept.
        proxy: A proxy, which is none for SOCKS.
    """

    def __init__(
        self, *, ssl_context: ssl.SSLContext, connections: int, keepalive: float, proxy: httpx.Proxy | None
    ) -> None:
        self._ssl_context = ssl_context
        self._connections = connections
        self._keepalive = keepalive
        self._inner = AiohttpTransport(
            verify=ssl_context,
            trust_env=False,
            proxy=proxy,
            client=self._session,
        )

    def _session(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=self._connections, keepalive_timeout=self._keepalive, ssl=self._ssl_context
        )
        # What one answer sets must not travel with the request of another task.
        session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        # aiohttp sends what is idempotent once more by itself, which no bound, budget or event would know of. There is
        # no public switch; aiohttp's own test client uses this one.
        session._retry_connection = False  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        return session

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request.

        Raises:
            ConfigurationError: This is not asyncio.
        """
        _check_asyncio()
        with _named_anew():
            response = await self._inner.handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - what asynchronous transports answer with
        response.stream = _Body(response.stream)
        return response

    async def aclose(self) -> None:
        """Close every connection."""
        await self._inner.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _named_anew():
            async for piece in self._stream:
                yield piece

    async def aclose(self) -> None:
        with _named_anew():
            await self._stream.aclose()


@contextmanager
def _named_anew() -> Generator[None]:
    try:
        yield
    except httpx.RequestError as error:
        # What aiohttp said is the cause of what httpx-aiohttp made of it.
        raise _named(error.__cause__ or error) from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise _named(error) from error


def _named(error: BaseException) -> httpx.RequestError:
    text = str(error) or type(error).__name__
    match error:
        case aiohttp.ClientHttpProxyError():
            return httpx.ProxyError(text)
        case aiohttp.ConnectionTimeoutError():
            return httpx.ConnectTimeout(text)
        case aiohttp.ClientConnectorError() | aiohttp.ClientConnectorCertificateError():
            return httpx.ConnectError(text)
        case TimeoutError():
            return httpx.ReadTimeout(text)
        case _:
            return httpx.ReadError(text)


def _check_asyncio() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        msg = "fast=True sends through aiohttp, which runs on asyncio only: leave it out on trio"
        raise ConfigurationError(msg) from None
