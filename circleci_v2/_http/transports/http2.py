"""Http2Connection: a guard for HTTP/2 connections, which tells requests that were not processed from others.

httpcore does not look at an idle HTTP/2 connection before it sends a request on it, so requests are lost on connections
that the server has closed meanwhile. `Http2Connection` reads what has arrived first. Frames that servers send on idle
connections, for example PING, do no harm.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import Any, Final

import anyio
import h2.events
import httpcore  # a dependency of httpx

from circleci_v2._http.transports.http1_stream import READ_SIZE, has_queued_bytes, protocol_state, read_decrypted
from circleci_v2._http.transports.http2_frames import REFUSED_STREAM, FrameFilter
from circleci_v2._http.transports.pools import Create, GuardedConnection, NotProcessedError

__all__ = ["Http2Connection"]

_MAX_IDLE_READS: Final = 16
"""More than 1 MiB that arrived on an idle connection is no use of it that makes sense."""
_IDLE_READ_TIMEOUT: Final = 0.1
"""Seconds to wait for the rest of a TLS record whose beginning has arrived. A record without frames, for example a session
ticket, costs that time."""
_STATUS: Final = re.compile(rb"[2-9]\d\d")


class Http2Connection(GuardedConnection):
    """A connection that may turn out to be HTTP/2, and checks then that the server will process a request.

    Args:
        create: Creates the connection that sends and receives.
        backend: The network backend for it.
    """

    def __init__(self, create: Create, backend: httpcore.AsyncNetworkBackend) -> None:
        super().__init__(create, backend)
        self._stream: Http2Stream | None = None
        self._requests = 0
        self._entering = anyio.Lock()

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request.

        Raises:
            NotProcessedError: The server did not process it.
            httpcore.ConnectionNotAvailable: Nothing was sent; the pool takes another connection.
        """
        async with self._entering:
            if self._stream is not None:
                if not self._requests:
                    await self._stream.receive_idle()
                if not self._has_room(self._stream):
                    raise httpcore.ConnectionNotAvailable
            self._requests += 1
        try:
            response = await self._inner.handle_async_request(request)
        except BaseException as error:
            self._leave()
            if isinstance(error, httpcore.RemoteProtocolError):
                raise _explain(error) from error
            raise
        assert isinstance(response.stream, AsyncIterable)  # noqa: S101 - async connections return async streams
        response.stream = _CountedBody(response.stream, self._leave)
        return response

    def is_available(self) -> bool:
        """Whether the connection can take another request now."""
        return super().is_available() and (self._stream is None or self._has_room(self._stream))

    def has_expired(self) -> bool:
        """Whether the pool must close the connection instead of using it again."""
        is_finished = self._stream is not None and self._stream.is_finished
        return super().has_expired() or (is_finished and not self._requests)

    def _has_room(self, stream: Http2Stream) -> bool:
        limit = stream.max_streams
        return not stream.is_finished and (limit is None or self._requests < limit)

    def _leave(self) -> None:
        self._requests -= 1

    def _wrap_tls(self, stream: httpcore.AsyncNetworkStream) -> httpcore.AsyncNetworkStream:
        ssl_object = stream.get_extra_info("ssl_object")
        if ssl_object is None or ssl_object.selected_alpn_protocol() != "h2":
            return super()._wrap_tls(stream)
        self._stream = Http2Stream(stream, self._check_responses)
        return self._stream

    def _check_responses(self) -> None:
        """Check the status of responses; httpcore has switched off the checks of h2, most of which are too strict."""
        state = protocol_state(self._inner, "_h2_state")
        receive: Callable[[bytes], list[h2.events.Event]] | None = getattr(state, "receive_data", None)
        if receive is not None:

            def receive_data(data: bytes) -> list[h2.events.Event]:
                return _mark_invalid_status(receive(data))

            state.receive_data = receive_data


class Http2Stream(httpcore.AsyncNetworkStream):
    """The network stream of one HTTP/2 connection, which passes frames through a `FrameFilter`.

    Args:
        inner: The stream to read from and write to.
        on_start: Called before the first write.
    """

    def __init__(self, inner: httpcore.AsyncNetworkStream, on_start: Callable[[], None]) -> None:
        self._inner = inner
        self._on_start: Callable[[], None] | None = on_start
        self._frames = FrameFilter()
        self._received = b""
        self._has_ended = False

    @property
    def is_finished(self) -> bool:
        """Whether the server will not process another request on this connection."""
        return self._has_ended or self._frames.is_going_away or self._frames.max_streams == 0

    @property
    def max_streams(self) -> int | None:
        """How many requests the server processes at a time; None as long as it has not said."""
        return self._frames.max_streams

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - the interface
        """Read frames, once they are complete."""
        while not self._received:
            data = await self._inner.read(max_bytes, timeout)
            if not data:
                self._has_ended = True
                return b""
            self._received += self._frames.receive(data)
        frames, self._received = self._received, b""
        return frames

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - the interface
        """Write complete frames."""
        if not buffer:
            return
        if self._on_start is not None:
            self._on_start()
            self._on_start = None
        frames, answers = self._frames.send(buffer)
        self._received += answers
        await self._inner.write(frames, timeout)

    async def receive_idle(self) -> None:
        """Receive what has arrived while no request was in flight."""
        try:
            for _ in range(_MAX_IDLE_READS):
                data = read_decrypted(self._inner.get_extra_info("ssl_object"))
                if data is None:
                    if not self._inner.get_extra_info("is_readable") and not has_queued_bytes(self._inner):
                        return
                    data = await self._inner.read(READ_SIZE, _IDLE_READ_TIMEOUT)
                if not data:
                    break
                self._received += self._frames.receive(data)
        except httpcore.ReadTimeout:
            return
        except httpcore.ReadError:
            # The connection was reset.
            pass
        self._has_ended = True

    def get_extra_info(self, info: str) -> Any:
        """Return an attribute of the stream."""
        return self._inner.get_extra_info(info)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._inner.aclose()


class _CountedBody:
    """A response body whose request is counted until it is closed."""

    def __init__(self, stream: AsyncIterable[bytes], leave: Callable[[], None]) -> None:
        self._stream = stream
        self._leave: Callable[[], None] | None = leave

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._stream)

    async def aclose(self) -> None:
        try:
            await getattr(self._stream, "aclose")()  # noqa: B009 - not part of its type
        finally:
            if self._leave is not None:
                self._leave()
                self._leave = None


def _mark_invalid_status(events: list[h2.events.Event]) -> list[h2.events.Event]:
    """Give responses without a valid status the status 0; httpcore would raise `ValueError`, or take them for 200."""
    for event in events:
        if isinstance(event, h2.events.ResponseReceived):
            headers = event.headers or []
            if not any(name == b":status" and _STATUS.fullmatch(value) for name, value in headers):
                others = [header for header in headers if header[0] != b":status"]
                event.headers = [(b":status", b"0"), *others]
    return events


def _explain(error: httpcore.RemoteProtocolError) -> Exception:
    event = error.args[0] if error.args else None
    if not isinstance(event, h2.events.StreamReset):
        return error
    code = getattr(event.error_code, "name", event.error_code)
    if event.error_code == REFUSED_STREAM:
        return NotProcessedError(f"the server did not process the request ({code})")
    return httpcore.RemoteProtocolError(f"the server reset the stream of the request ({code})")
