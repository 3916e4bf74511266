"""FrameFilter: HTTP/2 frames as httpcore can handle them.

For h2, GOAWAY ends the connection, and httpcore fails the requests in flight
(https://github.com/encode/httpcore/issues/730). A server only announces the end with it: the responses to the streams that
it names still come, and the other streams were not processed (RFC 9113, section 6.8). nginx does so regularly, after 1,000
requests.

httpcore ignores a maximum of 0 concurrent streams; the requests that it sends nevertheless fail in h2, again and again. And
it waits for responses that it does not read meanwhile when a maximum is lowered below the number of requests in flight.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

__all__ = ["REFUSED_STREAM", "FrameFilter"]

REFUSED_STREAM: Final = 0x7
"""The error code of a stream that was not processed (RFC 9113, sections 7 and 8.7)."""

_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_FRAME_HEAD: Final = 9
_MAX_FRAME: Final = 1 << 14
"""The maximum length of received frames unless the client allows more, which httpcore does not (RFC 9113, section 4.2)."""
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _GOAWAY, _WINDOW_UPDATE, _CONTINUATION = 0x0, 0x1, 0x3, 0x4, 0x7, 0x8, 0x9
_MESSAGE: Final = frozenset({_DATA, _HEADERS, _CONTINUATION})
_NO_ERROR: Final = 0x0
_END_STREAM: Final = 0x1
_ACK: Final = 0x1
_MAX_CONCURRENT_STREAMS: Final = 0x3
_LAST_STREAM: Final = (1 << 31) - 1


class _Frame(NamedTuple):
    kind: int
    flags: int
    stream: int
    begin: int
    payload: int
    end: int


class FrameFilter:
    """Watches the frames of one connection in both directions, and changes some of them.

    - A received GOAWAY is removed; for each stream that was not processed, RST_STREAM with REFUSED_STREAM takes its place.
    - SETTINGS never lower the maximum number of concurrent streams; `max_streams` has the real one.
    - Responses that arrive while there is no request are removed, and end the use of the connection.
    - When a response is complete before its request, the rest of the request is discarded. httpcore goes on sending it,
      and gets the window of flow control for that.

    Attributes:
        max_streams: How many streams the server allows at a time, 1 if it states no maximum; None before its settings.
        is_going_away: Whether the server processes no further streams.
    """

    def __init__(self) -> None:
        self.max_streams: int | None = None
        self.is_going_away = False
        self._last_processed = _LAST_STREAM
        self._shown_max_streams = 1
        # Streams by what is missing: the response, the end of the request, and the latter only.
        self._unanswered: set[int] = set()
        self._unsent: set[int] = set()
        self._answered_early: set[int] = set()
        # Streams that the client has reset; the server may go on with them for a while.
        self._reset: set[int] = set()
        self._last_begun = 0
        self._incomplete = b""

    def is_open(self, stream: int) -> bool:
        """Whether frames of a stream are still to come, in either direction."""
        return stream > self._last_begun or stream in self._unanswered or stream in self._unsent

    def send(self, frames: bytes) -> tuple[bytes, bytes]:
        """Filter complete frames to send.

        Args:
            frames: The frames; before the first ones, the preface of the connection.

        Returns:
            The frames to send, and frames to treat like received ones.
        """
        begin = len(_PREFACE) if frames.startswith(_PREFACE) else 0
        sent, received = [frames[:begin]], list[bytes]()
        for frame in _split(frames, begin):
            if frame.kind == _DATA and frame.stream in self._answered_early:
                received.append(self._discard(frame))
                if frame.flags & _END_STREAM:
                    sent.append(_reset(frame.stream, _NO_ERROR))
                continue
            sent.append(frames[frame.begin : frame.end])
            if frame.kind == _HEADERS:
                self._last_begun = frame.stream
                self._unanswered.add(frame.stream)
                self._unsent.add(frame.stream)
            elif frame.kind == _RST_STREAM:
                self._unanswered.discard(frame.stream)
                self._unsent.discard(frame.stream)
                self._answered_early.discard(frame.stream)
                self._reset.add(frame.stream)
            if frame.kind in _MESSAGE and frame.flags & _END_STREAM:
                self._unsent.discard(frame.stream)
        received.append(self._refuse())
        return b"".join(sent), b"".join(received)

    def receive(self, data: bytes) -> bytes:
        """Filter bytes that were received.

        Args:
            data: The bytes; frames need not be complete.

        Returns:
            The frames that have become complete.
        """
        data = self._incomplete + data
        received: list[bytes] = []
        done = 0
        for frame in _split(data, 0):
            payload = data[frame.payload : frame.end]
            done = frame.end
            if frame.kind == _GOAWAY:
                self.is_going_away = True
                self._last_processed = min(self._last_processed, int.from_bytes(payload[:4], "big") & _LAST_STREAM)
                received.append(self._refuse())
            elif frame.kind == _SETTINGS and not frame.flags & _ACK:
                received += data[frame.begin : frame.payload], self._settings(payload)
            elif frame.kind in _MESSAGE and self._is_unexpected(frame):
                # h2 would raise an error, which would be that of the next request.
                self.is_going_away = True
            elif frame.kind != _RST_STREAM or frame.stream not in self._answered_early:
                received.append(data[frame.begin : frame.end])
                if frame.kind == _RST_STREAM or (frame.kind in _MESSAGE and frame.flags & _END_STREAM):
                    received.append(self._answer(frame))
        self._incomplete = data[done:]
        if int.from_bytes(self._incomplete[:3], "big") > _MAX_FRAME:
            # h2 raises the error.
            received.append(self._incomplete)
            self._incomplete = b""
        return b"".join(received)

    def _is_unexpected(self, frame: _Frame) -> bool:
        """Whether a frame belongs to no stream while there are no others, whose headers would depend on its own (HPACK)."""
        return not self._unanswered and frame.stream not in self._reset

    def _answer(self, end: _Frame) -> bytes:
        """Take the end of a response, and return the window for the rest of its request."""
        self._unanswered.discard(end.stream)
        if end.stream not in self._unsent:
            return b""
        self._unsent.discard(end.stream)
        if end.kind == _RST_STREAM:
            return b""
        self._answered_early.add(end.stream)
        # The server counts less for the whole connection than h2 does now: no further requests.
        self.is_going_away = True
        return _grant(0, _MAX_FRAME) + _grant(end.stream, _MAX_FRAME)

    def _discard(self, frame: _Frame) -> bytes:
        """Return the window that a frame has used which is not sent."""
        if frame.flags & _END_STREAM:
            self._answered_early.discard(frame.stream)
        length = frame.end - frame.payload
        return _grant(0, length) + _grant(frame.stream, length) if length else b""

    def _refuse(self) -> bytes:
        """Return the resets of the streams that were not processed."""
        refused = sorted(stream for stream in self._unanswered if stream > self._last_processed)
        self._unanswered.difference_update(refused)
        self._unsent.difference_update(refused)
        return b"".join(_reset(stream, REFUSED_STREAM) for stream in refused)

    def _settings(self, payload: bytes) -> bytes:
        # httpcore sends one request at a time to a server that states no maximum.
        self.max_streams = 1 if self.max_streams is None else self.max_streams
        shown = bytearray(payload)
        for at in range(0, len(payload) - 5, 6):
            name, value = struct.unpack_from(">HI", payload, at)
            if name == _MAX_CONCURRENT_STREAMS:
                self.max_streams = value
                self._shown_max_streams = max(self._shown_max_streams, value)
                struct.pack_into(">HI", shown, at, name, self._shown_max_streams)
        return bytes(shown)


def _reset(stream: int, code: int) -> bytes:
    return struct.pack(">HBBBII", 0, 4, _RST_STREAM, 0, stream, code)


def _grant(stream: int, length: int) -> bytes:
    return struct.pack(">HBBBII", 0, 4, _WINDOW_UPDATE, 0, stream, length)


def _split(data: bytes, begin: int) -> Iterator[_Frame]:
    """Yield the complete frames (RFC 9113, section 4.1)."""
    while len(data) >= begin + _FRAME_HEAD:
        payload = begin + _FRAME_HEAD
        end = payload + int.from_bytes(data[begin : begin + 3], "big")
        if end > len(data):
            return
        kind, flags, stream = struct.unpack_from(">BBI", data, begin + 3)
        yield _Frame(kind, flags, stream & _LAST_STREAM, begin, payload, end)
        begin = end
