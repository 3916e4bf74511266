"""A protocol for aiohttp that accepts one response to one request, and closes the connection for anything more.

aiohttp parses whatever arrives on a pooled connection, and takes it for the response to the next request
(https://github.com/aio-libs/aiohttp/issues/13656). It decides about reuse at the end of a response's body, when it has
not yet parsed the bytes that follow it; and if those are no HTTP, it discards the response as well. RFC 9112, sections
6.3 and 9.2, let a client take none of that for a response.
"""

from __future__ import annotations

import asyncio
import functools
import ssl
from typing import Any, Final

import aiohttp
from aiohttp.client_proto import ResponseHandler

__all__ = ["OneResponseProtocol", "make_connector"]

_HEAD_END: Final = b"\r\n\r\n"


class OneResponseProtocol(ResponseHandler):
    """Parses the response to one request at a time."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._body: Any = None
        self._has_surplus = False
        self._is_checked = False

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
