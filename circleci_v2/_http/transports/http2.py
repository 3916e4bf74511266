"""Http2Connection: a guard for HTTP/2 connections, which tells requests that were not processed from others.

httpcore does not look at an idle HTTP/2 connection before it sends a request on it, so requests are lost on connections
that the server has closed meanwhile. `Http2Connection` reads what has arrived first. Frames that servers send on idle
connections, for example PING, do no harm.
"""

from __future__ import annotations

import functools
import re
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final, Self

import anyio
import h2.events
import h2.exceptions
import httpcore  # a dependency of httpx
from h2.errors import ErrorCodes

from circleci_v2._http.transports import NotProcessedError
from circleci_v2._http.transports.http1_stream import READ_SIZE, has_queued_bytes, protocol_state, read_decrypted
from circleci_v2._http.transports.http2_frames import REFUSED_STREAM, FrameFilter
from circleci_v2._http.transports.pools import Create, GuardedConnection

__all__ = ["Http2Connection"]

_MAX_IDLE_READS: Final = 16
"""More than 1 MiB that arrived on an idle connection is no use of it that makes sense."""
_IDLE_READ_TIMEOUT: Final = 0.1
"""Seconds to wait for the rest of a TLS record whose beginning has arrived. A record without frames, for example a session
ticket, costs that time."""
_RESET_TIMEOUT: Final = 1.0
"""Seconds to wait for sending RST_STREAM, 13 bytes, while a cancellation waits."""
_STATUS: Final = re.compile(rb"[2-9]\d\d")


class Http2Connection(GuardedConnection):
    """A connection that may turn out to be HTTP/2, and checks then that the server will process a request.

    Requests enter one at a time: each waits until the headers of the one before are sent. While the first one establishes
    the connection, it must not be cancelled: httpcore acquires 99 permits one by one, and raises an error later if some
    are missing. So a connection whose first request fails before it is sent is not used again.

    Args:
        create: Creates the connection that sends and receives.
        backend: The network backend for it.
    """

    def __init__(self, create: Create, backend: httpcore.AsyncNetworkBackend) -> None:
        super().__init__(create, backend)
        self._stream: Http2Stream | None = None
        self._requests = 0
        self._entering = anyio.Lock()
        self._is_established = False
        self._is_abandoned = False
        self._changed = anyio.Event()

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request.

        Raises:
            NotProcessedError: The server did not process it.
            httpcore.ConnectionNotAvailable: Nothing was sent; the pool takes another connection.
        """
        async with _Entry(self._entering, self._establish) as entry:
            if self._stream is not None:
                await self._prepare(self._stream)
            if not self._has_free_stream():
                raise httpcore.ConnectionNotAvailable
            self._requests += 1
            request.extensions["trace"] = entry.trace  # pyright: ignore[reportUnknownMemberType]
            try:
                response = await self._inner.handle_async_request(request)
            except BaseException as error:
                self._is_abandoned = not self._is_established
                await self._leave(entry.stream_id)
                if isinstance(error, httpcore.RemoteProtocolError):
                    raise _explain(error) from error
                raise
        assert isinstance(response.stream, AsyncIterable)  # noqa: S101 - async connections return async streams
        response.stream = _CountedBody(response.stream, functools.partial(self._leave, entry.stream_id))
        return response

    def is_available(self) -> bool:
        """Whether the connection can take another request now."""
        return super().is_available() and self._has_free_stream()

    def has_expired(self) -> bool:
        """Whether the pool must close the connection instead of using it again."""
        return super().has_expired() or (self._is_finished() and not self._requests)

    async def _prepare(self, stream: Http2Stream) -> None:
        """Wait until the limit of concurrent streams is known, which another request reads, or read what has arrived."""
        while self._requests and stream.max_streams is None:
            self._changed = anyio.Event()
            await self._changed.wait()
        if not self._requests:
            await stream.receive_idle()

    def _notify(self) -> None:
        self._changed.set()

    def _establish(self) -> None:
        self._is_established = True

    def _is_finished(self) -> bool:
        return self._is_abandoned or (self._stream is not None and self._stream.is_finished)

    def _has_free_stream(self) -> bool:
        limit = None if self._stream is None else self._stream.max_streams
        return not self._is_finished() and (limit is None or self._requests < limit)

    async def _leave(self, stream_id: int | None) -> None:
        """End a request, and reset its stream if it is not complete (CANCEL, RFC 9113, section 7).

        httpcore forgets the stream, but the server and h2 would go on counting it as one of the concurrent ones. And
        frames of it that httpcore has not written would be sent with the next request, however late.
        """
        try:
            if stream_id is not None and self._stream is not None:
                await self._stream.reset(stream_id, protocol_state(self._inner, "_h2_state"))
        finally:
            self._requests -= 1
            self._notify()

    def _wrap_tls(self, stream: httpcore.AsyncNetworkStream) -> httpcore.AsyncNetworkStream:
        ssl_object = stream.get_extra_info("ssl_object")
        if ssl_object is None or ssl_object.selected_alpn_protocol() != "h2":
            return super()._wrap_tls(stream)
        self._stream = Http2Stream(stream, on_start=self._check_responses, on_frames=self._notify)
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
        on_frames: Called when frames have arrived.
    """

    def __init__(
        self, inner: httpcore.AsyncNetworkStream, *, on_start: Callable[[], None], on_frames: Callable[[], None]
    ) -> None:
        self._inner = inner
        self._on_frames = on_frames
        self._on_start: Callable[[], None] | None = on_start
        self._frames = FrameFilter()
        self._received = b""
        self._unsent = b""
        self._writing = anyio.Lock()
        self._has_ended = False

    @property
    def is_finished(self) -> bool:
        """Whether the server will not process another request on this connection."""
        return self._has_ended or self._frames.is_going_away or self._frames.max_streams == 0

    @property
    def max_streams(self) -> int | None:
        """How many requests the server processes at a time; None before its settings have arrived."""
        return self._frames.max_streams

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - the interface
        """Read frames, once they are complete."""
        while not self._received:
            data = await self._inner.read(max_bytes, timeout)
            if not data:
                self._has_ended = True
                return b""
            self._received += self._frames.receive(data)
            self._on_frames()
        frames, self._received = self._received, b""
        return frames

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - the interface
        """Write complete frames.

        Cancellation waits for the end: a connection on which half of a frame or of a TLS record is missing is of no use,
        and other requests are in flight on it.
        """
        if not buffer:
            return
        if self._on_start is not None:
            self._on_start()
            self._on_start = None
        frames, responses = self._frames.send(buffer)
        self._received += responses
        self._unsent += frames
        with anyio.CancelScope(shield=True):
            async with self._writing:
                frames, self._unsent = self._unsent, b""
                try:
                    await self._inner.write(frames, timeout)
                except Exception:
                    self._has_ended = True
                    raise

    async def reset(self, stream_id: int, state: Any) -> None:
        """Reset a stream, unless it is complete.

        Args:
            stream_id: The stream.
            state: The h2 connection, or None.
        """
        if state is None or self._has_ended or not self._frames.is_open(stream_id):
            return
        try:
            state.reset_stream(stream_id, ErrorCodes.CANCEL)
        except h2.exceptions.ProtocolError:
            # The connection or the stream is closed.
            return
        with suppress(httpcore.NetworkError, httpcore.TimeoutException):
            await self.write(state.data_to_send(), _RESET_TIMEOUT)

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


class _Entry:
    """The turn of one request to be sent on a connection; `trace` follows it.

    Args:
        turn: Held by the request until its headers are sent.
        on_sent: Called then.

    Attributes:
        stream_id: The HTTP/2 stream of the request; None before it has one.
    """

    def __init__(self, turn: anyio.Lock, on_sent: Callable[[], None]) -> None:
        self._turn = turn
        self._on_sent = on_sent
        self._is_held = False
        # A proxy receives a request of its own first.
        self._is_tunnel = False
        self.stream_id: int | None = None

    async def __aenter__(self) -> Self:
        await self._turn.acquire()
        self._is_held = True
        return self

    async def __aexit__(self, *_: object) -> None:
        self._end()

    async def trace(self, name: str, info: Mapping[str, Any]) -> None:
        """Receive an event of httpcore (https://www.encode.io/httpcore/extensions/#trace)."""
        if name.endswith(".send_request_headers.started"):
            self.stream_id = info.get("stream_id")
            self._is_tunnel = info["request"].method == b"CONNECT"
        elif name.endswith(".send_request_headers.complete") and not self._is_tunnel:
            self._on_sent()
            self._end()

    def _end(self) -> None:
        if self._is_held:
            self._is_held = False
            self._turn.release()


class _CountedBody:
    """A response body whose request is counted until it is closed."""

    def __init__(self, stream: AsyncIterable[bytes], leave: Callable[[], Awaitable[None]]) -> None:
        self._stream = stream
        self._leave: Callable[[], Awaitable[None]] | None = leave

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._stream)

    async def aclose(self) -> None:
        try:
            await getattr(self._stream, "aclose")()  # noqa: B009 - not part of its type
        finally:
            leave, self._leave = self._leave, None
            if leave is not None:
                await leave()


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
