"""Streaming: a response body that a child task reads, and passes to its consumer chunk by chunk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Final

import anyio
import httpx
from anyio.streams.memory import MemoryObjectReceiveStream

from circleci_v2._http.auth import Credential
from circleci_v2._http.decompression import ContentDecoder, UnsupportedEncodingError
from circleci_v2._http.lifecycle import Lifecycle, drain_and_close
from circleci_v2._http.prepared_request import PreparedRequest
from circleci_v2._http.sender import CLIENT_CLOSED, RawResponse, Sender, TransportFailure
from circleci_v2.errors import APIConnectionError, ConfigurationError, DecodeError
from circleci_v2.response import StreamedBody

__all__ = ["StreamingAttempt"]

_BUFFERED_CHUNKS: Final = 4
"""Enough for network and consumer to work concurrently, few enough for memory: httpcore's chunks have up to 64 KiB."""


class StreamingAttempt:
    """One attempt to open and read a streamed response; `run` is the child task that owns the connection.

    Args:
        sender: Sends the request.
        request: The request.
        credential: The token, or None to send none.
        decode_content: Whether to decode the body according to its ``Content-Encoding``.
        lifecycle: Cancels the reading when the client is closed. Closing does not wait for the consumer, which may be
            the task that closes the client.
        make_error: Returns the error for a body that breaks off.
    """

    def __init__(
        self,
        sender: Sender,
        request: PreparedRequest,
        credential: Credential | None,
        *,
        decode_content: bool,
        lifecycle: Lifecycle,
        make_error: Callable[[TransportFailure], APIConnectionError],
    ) -> None:
        self._sender = sender
        self._request = request
        self._credential = credential
        self._decode_content = decode_content
        self._lifecycle = lifecycle
        self._make_error = make_error
        self._opened = anyio.Event()
        self._outcome: StreamedBody | RawResponse | TransportFailure | Exception | None = None
        self._failure: Exception | None = None
        self._send, self._receive = anyio.create_memory_object_stream[bytes](_BUFFERED_CHUNKS)

    async def outcome(self) -> StreamedBody | RawResponse | TransportFailure:
        """Wait for the response: its open body when the status is below 300, or the complete response otherwise.

        Raises:
            DecodeError: The complete response is longer than allowed.
        """
        await self._opened.wait()
        if isinstance(self._outcome, Exception):
            raise self._outcome
        assert self._outcome is not None  # noqa: S101 - set before the event
        return self._outcome

    def close(self) -> None:
        """Discard the chunks that were not consumed."""
        self._send.close()
        self._receive.close()

    async def run(self) -> None:
        """Open the response and read its body to the end."""
        with self._send:
            try:
                await self._run_until_closed()
            except httpx.RequestError as error:
                self._fail(TransportFailure.from_error(error, self._request.timeout))
            except Exception as error:  # noqa: BLE001 - raised again to the consumer
                if self._opened.is_set():
                    self._failure = error
                else:
                    self._outcome = error
            finally:
                self._opened.set()

    async def _run_until_closed(self) -> None:
        scope = anyio.CancelScope()
        self._lifecycle.start(scope)
        try:
            with scope:
                await self._read()
            if scope.cancelled_caught:
                self._fail(CLIENT_CLOSED)
        finally:
            self._lifecycle.finish(scope)

    async def _read(self) -> None:
        response = await self._sender.open(self._request, self._credential)
        if response.status_code >= 300:
            self._outcome = await self._sender.read(response, self._request)
            return
        assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - async transports return async streams
        incoming = aiter(response.stream)
        encoding = response.headers.get("content-encoding") if self._decode_content else None
        decoder = ContentDecoder(encoding) if encoding else None
        try:
            chunks = _Chunks(self._receive, lambda: self._failure)
            self._outcome = StreamedBody(status_code=response.status_code, headers=response.headers, pieces=chunks)
            self._opened.set()
            async for received in incoming:
                for chunk in decoder.decode(received) if decoder else (received,):
                    try:
                        await self._send.send(chunk)
                    except anyio.BrokenResourceError:
                        # The consumer closed the body before its end.
                        return
            if decoder:
                decoder.finish()
        except UnsupportedEncodingError as error:
            # Another request would get the same, so this is not a broken connection.
            raise DecodeError(str(error), operation_id=self._request.operation_id) from None
        finally:
            await drain_and_close(response, incoming)

    def _fail(self, failure: TransportFailure) -> None:
        if self._opened.is_set():
            self._failure = self._make_error(failure)
        else:
            self._outcome = failure


class _Chunks(AsyncIterator[bytes]):
    """The chunks of a body. Not a generator: consumers may stop halfway, and generators then need to be closed."""

    def __init__(self, receive: MemoryObjectReceiveStream[bytes], failure: Callable[[], Exception | None]) -> None:
        self._receive = receive
        self._failure = failure

    async def __anext__(self) -> bytes:
        try:
            return await self._receive.receive()
        except anyio.EndOfStream:
            failure = self._failure()
            raise StopAsyncIteration if failure is None else failure from None
        except anyio.ClosedResourceError:
            msg = "the body is closed: read it inside `async with circleci.stream(...)`, and before its `aclose()`"
            raise ConfigurationError(msg) from None

    async def aclose(self) -> None:
        """Stop reading."""
        self._receive.close()
