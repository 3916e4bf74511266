"""The server's side of an HTTP/2 connection, one frame at a time."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

import attrs
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, RequestReceived, StreamEnded, StreamReset
from h2.settings import SettingCodes
from hyperframe.frame import DataFrame, Frame, GoAwayFrame, HeadersFrame, PingFrame, SettingsFrame, WindowUpdateFrame

from tests.http.transports.raw_server import Connection, RawServer, server_context, serving_raw

MAX_STREAMS: Final = int(SettingCodes.MAX_CONCURRENT_STREAMS)
LAST_OF_ALL: Final = 2**31 - 1
"""The last stream id of the first of two GOAWAY frames, when a server begins to shut down (RFC 9113, section 6.8)."""


@attrs.define
class Stream:
    """A request, and the stream that it came on."""

    id: int
    headers: dict[str, str]
    body: bytes = b""

    @property
    def method(self) -> str:
        return self.headers[":method"]

    @property
    def path(self) -> str:
        return self.headers[":path"]


class Peer:
    """One connection.

    Args:
        connection: Carries it.
        settings: What the server states first; its other settings are the defaults of h2.

    Attributes:
        number: How many connections came before.
        grants_window: Whether the client may send more than the first window of flow control.
        resets: The paths of requests that the client has reset.
    """

    def __init__(self, connection: Connection, settings: dict[int, int]) -> None:
        self.grants_window = True
        self.resets: list[str] = []
        self._connection = connection
        self.number = connection.number
        self._h2 = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        self._h2.initiate_connection()
        self._is_begun = False
        # Not those of h2, which it would enforce.
        self._h2.clear_outbound_data_buffer()
        self._held = SettingsFrame(0, settings={MAX_STREAMS: 100, **settings}).serialize()
        self._open: dict[int, Stream] = {}
        self._paths: dict[int, str] = {}
        self._begun: list[Stream] = []
        self._complete: list[Stream] = []

    async def request(self) -> Stream:
        """Wait for a complete request.

        Raises:
            anyio.EndOfStream: The client has closed the connection.
        """
        while not self._complete:
            await self._receive()
        return self._complete.pop(0)

    @property
    def incomplete(self) -> list[str]:
        """The paths of requests that have begun, and were neither completed nor reset."""
        return [stream.path for stream in self._open.values()]

    async def head(self) -> Stream:
        """Wait for the head of a request."""
        while not self._begun:
            await self._receive()
        return self._begun.pop(0)

    async def respond(self, stream: Stream, status: int = 200, body: Any = None) -> None:
        """Send a response with a JSON body that names the request."""
        content = json.dumps(body or {"path": stream.path}).encode()
        self._h2.send_headers(stream.id, [(":status", str(status)), ("content-type", "application/json")])
        self._h2.send_data(stream.id, content, end_stream=True)
        await self.flush()

    async def send_headers(self, stream: Stream, headers: list[tuple[str, str]]) -> None:
        """Send a response without a body, and without the checks of h2."""
        frame = HeadersFrame(stream.id, data=self._h2.encoder.encode(headers), flags=["END_HEADERS", "END_STREAM"])
        await self.send(frame)

    async def send_response_again(self, stream: Stream) -> None:
        """Send another response on a stream, which RFC 9113, section 5.1 forbids."""
        headers = HeadersFrame(stream.id, data=self._h2.encoder.encode([(":status", "200")]), flags=["END_HEADERS"])
        await self.send(headers, DataFrame(stream.id, data=b'{"path": "again"}', flags=["END_STREAM"]))

    async def send_head(self, stream: Stream) -> None:
        """Begin a response."""
        self._h2.send_headers(stream.id, [(":status", "200")])
        await self.flush()

    async def send_part(self, stream: Stream, content: bytes) -> None:
        """Send a part of the body of a response."""
        self._h2.send_data(stream.id, content)
        await self.flush()

    async def reset_by_client(self) -> str:
        """Wait until the client resets a request, and return its path."""
        while not self.resets:
            await self._receive()
        return self.resets.pop(0)

    async def reset(self, stream: Stream, code: ErrorCodes) -> None:
        self._h2.reset_stream(stream.id, code)
        await self.flush()

    async def go_away(self, last: int) -> None:
        """Announce the end of the connection: streams after the last one will not be processed."""
        await self.send(GoAwayFrame(0, last_stream_id=last, error_code=ErrorCodes.NO_ERROR))

    async def limit_streams(self, count: int) -> None:
        """Change the maximum number of concurrent streams."""
        await self.send(SettingsFrame(0, settings={MAX_STREAMS: count}))

    async def send_harmless_frames(self) -> None:
        """What servers send on idle connections, too."""
        frames = PingFrame(0, opaque_data=b"12345678"), WindowUpdateFrame(0, window_increment=1)
        await self.send(*frames, SettingsFrame(0, settings={int(SettingCodes.MAX_HEADER_LIST_SIZE): 1 << 16}))

    async def send(self, *frames: Frame) -> None:
        await self._connection.send(b"".join(frame.serialize() for frame in frames))

    def send_before_next(self, frame: Frame) -> None:
        """Send a frame in the same record as the next ones."""
        self._held += frame.serialize()

    async def flush(self) -> None:
        data = self._h2.data_to_send()
        if data or not self._is_begun:
            held, self._held, self._is_begun = self._held, b"", True
            await self._connection.send(held + data)

    async def _receive(self) -> None:
        await self.flush()
        for event in self._h2.receive_data(await self._connection.receive_any()):
            if isinstance(event, RequestReceived):
                headers = {str(name): str(value) for name, value in event.headers}
                self._open[event.stream_id] = Stream(event.stream_id, headers)
                self._begun.append(self._open[event.stream_id])
                self._paths[event.stream_id] = self._open[event.stream_id].path
            elif isinstance(event, DataReceived):
                self._open[event.stream_id].body += event.data
                if self.grants_window:
                    self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, StreamEnded):
                self._complete.append(self._open.pop(event.stream_id))
            elif isinstance(event, StreamReset):
                self._open.pop(event.stream_id, None)
                self.resets.append(self._paths[event.stream_id])
        await self.flush()


Serve = Callable[[Peer], Awaitable[None]]


def serving_http2(
    serve: Serve, *, settings: Callable[[int], dict[int, int]] = lambda _: {}
) -> AbstractAsyncContextManager[RawServer]:
    """Serve on the event loop of the test.

    Args:
        serve: Serves one connection, which is closed when it returns.
        settings: What the server states first, by the number of the connection; others are the defaults of h2.
    """

    async def script(connection: Connection) -> None:
        await serve(Peer(connection, settings(connection.number)))

    return serving_raw(script, tls=server_context("h2"))
