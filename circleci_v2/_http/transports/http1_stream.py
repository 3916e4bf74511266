"""Http1Stream: a network stream for HTTP/1.1 that notices what the server sends when it should not.

httpcore writes a complete request before it reads, and looks for bytes on an idle connection in the socket only. So it
misses

- bytes that arrived after a response and are in a buffer above the socket: they would answer the next request;
- a response that arrives while the request is still being sent, from a server that then closes the connection: on
  asyncio, the write that fails discards it.

Nothing public shows bytes that h11 and anyio have buffered (https://github.com/encode/httpcore/issues/872 describes the
path to them), so the first three functions, and nothing else, reach for attributes of httpcore, h11 and anyio that are not
public. Each treats a missing attribute as "nothing to see": the client then behaves as httpcore does by itself.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any, Final

import anyio
import h11  # a dependency of httpcore
import httpcore

__all__ = [
    "READ_SIZE",
    "Http1Stream",
    "Wrap",
    "has_queued_bytes",
    "has_unparsed_bytes",
    "protocol_state",
    "read_decrypted",
]


Wrap = Callable[[httpcore.AsyncNetworkStream], httpcore.AsyncNetworkStream]
"""Wraps a stream in another one."""

READ_SIZE: Final = 1 << 16
"""Bytes to read at a time, as in httpcore."""
_WATCHED_FROM: Final = 1 << 14
"""Bytes. Shorter requests fit into the empty buffer of any socket (Linux: 16 KiB, ``tcp_wmem``): their bytes are not sent
in several steps, between which a response could arrive."""
_MAX_EARLY: Final = 1 << 20
"""Bytes of an early response that are kept while the request is still being sent. Messages of errors are shorter."""


def protocol_state(connection: httpcore.AsyncConnectionInterface, name: str) -> Any:
    """Return the h11 or h2 connection that parses for a connection of httpcore; None if there is none.

    Args:
        connection: A connection of a pool. Those of httpcore are nested, up to three levels with a proxy.
        name: ``_h11_state`` or ``_h2_state``.
    """
    innermost: Any = connection
    while (inner := getattr(innermost, "_connection", None)) is not None:
        innermost = inner
    return getattr(innermost, name, None)


def has_unparsed_bytes(connection: httpcore.AsyncConnectionInterface) -> bool:
    """Whether h11 holds bytes that it has not parsed, or the end of the stream.

    Args:
        connection: A connection that is idle; before, the rest of the response may be there.
    """
    state = protocol_state(connection, "_h11_state")
    trailing: tuple[bytes, bool] = getattr(state, "trailing_data", (b"", False))
    return any(trailing)


def has_queued_bytes(stream: httpcore.AsyncNetworkStream) -> bool:
    """Whether anyio's stream on asyncio has received bytes that it has not returned.

    It reads up to 256 KiB from the socket, but returns 64 KiB at a time; those in between are in no other buffer.

    Args:
        stream: A stream of httpcore on anyio, with or without TLS. Streams on trio have no such queue.
    """
    inner: Any = getattr(stream, "_stream", None)
    while (transport := getattr(inner, "transport_stream", None)) is not None:
        inner = transport
    return bool(getattr(getattr(inner, "_protocol", None), "read_queue", None))


class Http1Stream(httpcore.AsyncNetworkStream):
    """Passes requests and responses on, and reports unread bytes as ``is_readable``.

    A request is sent when httpcore begins to read its response, in one piece. Otherwise a response to the head alone,
    followed by a TCP reset, could arrive before the body is written, and be lost with it. And errors of writing are raised
    outside of httpcore's iteration over the body, whose generator trio would report as unfinished.

    Args:
        inner: The stream to pass them to.
        wrap_tls: Wraps the stream that `start_tls` returns.
    """

    def __init__(self, inner: httpcore.AsyncNetworkStream, wrap_tls: Wrap) -> None:
        self._inner = inner
        self._wrap_tls = wrap_tls
        self._ssl_object: ssl.SSLObject | None = inner.get_extra_info("ssl_object")
        self._unsent: list[bytes] = []
        self._write_timeout: float | None = None
        self._received = b""
        self._is_used = False
        # Set while a request is being sent, and for good if that fails: half of a request must not be followed by another.
        self._is_broken = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - the interface
        """Send the request if that was not done yet, and read bytes of the response.

        Raises:
            httpcore.ConnectionNotAvailable: The server has sent something since its last response. Nothing was sent.
        """
        if self._unsent:
            await self._send()
        if self._received:
            data, self._received = self._received[:max_bytes], self._received[max_bytes:]
            return data
        return await self._inner.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - the interface
        """Take bytes of the request."""
        if buffer:
            self._unsent.append(buffer)
        self._write_timeout = timeout

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface
    ) -> httpcore.AsyncNetworkStream:
        """Return the stream with TLS."""
        return self._wrap_tls(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        """Return an attribute; ``is_readable`` is True if anything was received that `read` has not returned."""
        if info != "is_readable":
            return self._inner.get_extra_info(info)
        return (
            self._is_broken
            or bool(self._received)
            or self._inner.get_extra_info(info)
            or self._receive_decrypted()
            or has_queued_bytes(self._inner)
        )

    async def aclose(self) -> None:
        """Close the connection."""
        await self._inner.aclose()

    def _receive_decrypted(self) -> bool:
        """Return whether TLS has bytes to return, or has ended; they are kept for `read`."""
        received = read_decrypted(self._ssl_object)
        self._received = received or b""
        return received is not None

    async def _send(self) -> None:
        request = b"".join(self._unsent)
        self._unsent.clear()
        if self._is_used and self.get_extra_info("is_readable"):
            # Received after the pool has checked the connection; the pool takes another one.
            raise httpcore.ConnectionNotAvailable
        self._is_used = True
        self._is_broken = True
        try:
            if len(request) < _WATCHED_FROM:
                await self._inner.write(request, self._write_timeout)
                self._is_broken = False
            else:
                self._is_broken = not await self._send_watching(request)
        except httpcore.WriteError:
            # The server may have responded before it closed the connection. If not, reading fails as well.
            pass

    async def _send_watching(self, request: bytes) -> bool:
        """Send a long request, but stop when a complete response arrives before its end (RFC 9112, section 9.5).

        A partial response does not stop it: neither anyio nor trio can read from a TLS stream whose write was cancelled.

        Returns:
            Whether all of it was sent.
        """
        error: Exception | None = None
        is_sent = False
        async with anyio.create_task_group() as group:
            group.start_soon(self._receive_early, group.cancel_scope)
            try:
                await self._inner.write(request, self._write_timeout)
                is_sent = True
                group.cancel_scope.cancel()
            except httpcore.WriteError:
                # The reading goes on: it finds what was received before the connection was closed, and then its end.
                pass
            except httpcore.WriteTimeout as timeout:
                # Raised below: the group would wrap it.
                error = timeout
                group.cancel_scope.cancel()
        if error is not None and not self._received:
            raise error
        return is_sent

    async def _receive_early(self, sending: anyio.CancelScope) -> None:
        """Receive until there is a complete response or the connection has ended, and cancel the sending then."""
        response = _EarlyResponse()
        is_complete = False
        while not is_complete and len(self._received) < _MAX_EARLY:
            try:
                data = await self._inner.read(READ_SIZE)
            except httpcore.ReadError:
                # Raised again when the response is read, unless one has come before.
                data = b""
            self._received += data
            is_complete = not data or response.receive(data)
        sending.cancel()


def read_decrypted(ssl_object: ssl.SSLObject | None) -> bytes | None:
    """Return bytes that TLS has received already.

    Args:
        ssl_object: The state of TLS; None without TLS.

    Returns:
        The bytes, none after the last one; or None if there are no bytes yet.
    """
    if ssl_object is None:
        return None
    try:
        return ssl_object.read(READ_SIZE)
    except ssl.SSLWantReadError:
        return None
    except ssl.SSLError:
        return b""


class _EarlyResponse:
    """Finds the end of a response, as httpcore will."""

    def __init__(self) -> None:
        self._parser = h11.Connection(h11.CLIENT)
        self._parser.send(h11.Request(method="POST", target="/", headers=[("Host", "")]))
        self._parser.send(h11.EndOfMessage())

    def receive(self, data: bytes) -> bool:
        """Return whether the response is complete, or no response."""
        self._parser.receive_data(data)
        try:
            while (event := self._parser.next_event()) is not h11.NEED_DATA:
                if event is h11.PAUSED or isinstance(event, h11.EndOfMessage):
                    return True
        except h11.RemoteProtocolError:
            return True
        return False
