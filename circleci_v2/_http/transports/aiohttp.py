"""FastTransport: aiohttp behind httpx's transport interface. Needs the extra ``fast``, and asyncio."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from circleci_v2._http.transports.aiohttp_protocol import make_connector
from circleci_v2.errors import ConfigurationError

__all__ = ["FastTransport"]


class FastTransport(httpx.AsyncBaseTransport):
    """Sends requests through aiohttp.

    httpx-aiohttp maps a connection that broke after the request was sent to the same error as one that was never
    established. Retries depend on that difference (a pipeline triggered once or twice), so errors are mapped again here,
    from the original exception of aiohttp.

    Args:
        ssl_context: The certificate authorities to trust.
        connections: The maximum number of connections.
        keepalive: Seconds that an idle connection is kept.
        proxy: An HTTP proxy, or None; aiohttp does not support SOCKS.
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
        connector = make_connector(limit=self._connections, keepalive=self._keepalive, ssl_context=self._ssl_context)
        # Cookies that one response sets must not be sent with requests of other tasks.
        session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        # aiohttp retries idempotent requests once on a broken connection, unknown to limits, budgets and events. There is
        # no public option; aiohttp's own test client sets this attribute (aiohttp/test_utils.py).
        session._retry_connection = False  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        return session

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request.

        Raises:
            ConfigurationError: The event loop is not asyncio's.
        """
        _check_asyncio()
        with map_aiohttp_errors():
            response = await self._inner.handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - async transports return async streams
        response.stream = _ErrorMappingStream(response.stream)
        return response

    async def aclose(self) -> None:
        """Close every connection."""
        await self._inner.aclose()


class _ErrorMappingStream(httpx.AsyncByteStream):
    """A response body whose errors are mapped."""

    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with map_aiohttp_errors():
            async for chunk in self._stream:
                yield chunk

    async def aclose(self) -> None:
        with map_aiohttp_errors():
            await self._stream.aclose()


@contextmanager
def map_aiohttp_errors() -> Generator[None]:
    """Raise the error of httpx that has the same meaning for an error of aiohttp inside the block."""
    try:
        yield
    except httpx.RequestError as error:
        # The original exception of aiohttp is the cause of the one that httpx-aiohttp raised.
        raise _httpx_error(error.__cause__ or error) from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise _httpx_error(error) from error
    except UnicodeError as error:
        # From Python's resolver, for names that DNS does not allow.
        msg = f"not a valid host name: {error}"
        raise httpx.ConnectError(msg) from error


def _httpx_error(error: BaseException) -> httpx.RequestError:
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
        msg = "fast=True sends through aiohttp, which runs on asyncio only: remove it to run on trio"
        raise ConfigurationError(msg) from None
