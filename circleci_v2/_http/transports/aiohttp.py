"""FastTransport: aiohttp behind httpx's transport interface. Needs the extra ``fast``, and asyncio.

A connection accepts one response to one request, and is closed for anything more: aiohttp parses whatever arrives on a
pooled connection, and takes it for the response to the next request (https://github.com/aio-libs/aiohttp/issues/13656).
It decides about reuse at the end of a response's body, when it has not yet parsed the bytes that follow it; and if those
are no HTTP, it discards the response as well. RFC 9112, sections 6.3 and 9.2, let a client take none of that for a
response.
"""

from __future__ import annotations

import asyncio
import functools
import select
import ssl
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from typing import Any, Final

import aiohttp
import httpx
from aiohttp.client_proto import ResponseHandler
from httpx_aiohttp import AiohttpTransport

from circleci_v2.errors import ConfigurationError

__all__ = ["FastTransport", "OneResponseProtocol", "make_connector"]

_HEAD_END: Final = b"\r\n\r\n"


class OneResponseProtocol(ResponseHandler):
    """Parses the response to one request at a time."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._body: Any = None
        self._has_surplus = False
        self._is_checked = False

    def is_connected(self) -> bool:
        """Whether the connection can be used; not if it is idle and the server has sent something, mostly its end.

        The event loop may not have read that yet, and a POST on such a connection would fail and not be repeated.
        """
        return super().is_connected() and not (self._is_complete() and _has_unread_bytes(self.transport))

    def set_response_params(self, **parameters: Any) -> None:
        """Begin a request; the connector has chosen this connection for it."""
        self._body = None
        self._is_checked = False
        super().set_response_params(**parameters)

    def feed_data(self, data: Any, size: int = 0) -> None:
        """Take a response from the parser."""
        message, body = data
        if self._body is not None:
            self._has_surplus = True
            return
        if message.code >= 200 or message.code == 101:  # others are interim
            self._body = body
        super().feed_data(data, size)

    def data_received(self, data: bytes) -> None:
        """Take bytes from the connection; none of them when reading goes on after a pause."""
        # Parse each head by itself: an error behind it would discard it.
        begin = 0
        while self._body is None and self.exception() is None and (end := data.find(_HEAD_END, begin)) >= 0:
            end += len(_HEAD_END)
            super().data_received(data[begin:end])
            begin = end
        rest = data[begin:] if begin else data
        if rest and self._is_complete():
            self._has_surplus = True
        elif rest or not data:
            super().data_received(rest)
            self._fail_body()
        if self._is_complete() and not self._is_checked:
            self._is_checked = True
            self._has_surplus = self._has_surplus or self._has_begun_another()
        if self._has_surplus:
            # The first for a connection that is in use, and the second for one that was returned to the pool.
            self.force_close()
            self.close()

    def _fail_body(self) -> None:
        """End a body that the parser gave up on; aiohttp does so only if it parsed the head in the same call."""
        error = self.exception()
        if error is not None and self._body is not None and not self._body.is_eof():
            self._body.set_exception(aiohttp.ClientPayloadError(str(error)))

    def _is_complete(self) -> bool:
        return self._body is not None and bool(self._body.is_eof())

    def _has_begun_another(self) -> bool:
        """Whether the parser has received more than a complete response.

        Two ends of lines are nothing to a parser between two messages, but end the head of one that it is in. The next
        request gets a new parser.
        """
        parser = getattr(self, "_parser", None)
        if parser is None:
            return True
        try:
            messages, _, rest = parser.feed_data(_HEAD_END)
        except Exception:  # noqa: BLE001 - the parser has received something that makes this an error
            return True
        return bool(messages or rest)


def _has_unread_bytes(transport: asyncio.BaseTransport | None) -> bool:
    socket: Any = None if transport is None else transport.get_extra_info("socket")
    if socket is None:
        return False
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([socket], [], [], 0)[0])
    poll = select.poll()
    poll.register(socket, select.POLLIN)
    return bool(poll.poll(0))


def make_connector(*, limit: int, keepalive: float, ssl_context: ssl.SSLContext) -> aiohttp.TCPConnector:
    """Return a connector whose connections accept one response to one request.

    If aiohttp has changed so that it cannot be given a protocol, every connection is closed after its first response.

    Args:
        limit: The maximum number of connections.
        keepalive: Seconds that an idle connection is kept.
        ssl_context: The certificate authorities to trust.
    """
    connector = aiohttp.TCPConnector(limit=limit, keepalive_timeout=keepalive, ssl=ssl_context)
    # There is no public way to choose the protocol.
    if not hasattr(connector, "_factory"):
        return aiohttp.TCPConnector(limit=limit, force_close=True, ssl=ssl_context)
    protocol: Any = functools.partial(OneResponseProtocol, loop=asyncio.get_running_loop())
    connector._factory = protocol  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    return connector


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
