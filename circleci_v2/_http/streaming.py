"""Streaming: the body of an answer, read in the isolated child and handed over piece by piece."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import anyio
import httpx
from anyio.streams.memory import MemoryObjectReceiveStream

from circleci_v2._http.abandoning import abandon
from circleci_v2._http.lifecycle import Lifetime
from circleci_v2._http.sender import CLIENT_CLOSED, Answer, NoAnswer, Outgoing, Sender
from circleci_v2.errors import APIConnectionError, ConfigurationError
from circleci_v2.response import StreamedBody

__all__ = ["Download"]

# Enough for the network and the consumer to work at the same time, little enough for the memory.
_PIECES_AHEAD = 4


class Download:
    """One attempt to open and read an answer, in a child task.

    Args:
        sender: What sends.
        outgoing: The request.
        lifetime: The life of the client, which ends the reading when it ends. It does not wait for whoever reads: that
            may be who closes the client.
        error_of: Makes the error of a body that broke off.
    """

    def __init__(
        self,
        sender: Sender,
        outgoing: Outgoing,
        lifetime: Lifetime,
        error_of: Callable[[NoAnswer], APIConnectionError],
    ) -> None:
        self._sender = sender
        self._outgoing = outgoing
        self._lifetime = lifetime
        self._error_of = error_of
        self._opened = anyio.Event()
        self._outcome: StreamedBody | Answer | NoAnswer | Exception | None = None
        self._failure: Exception | None = None
        self._send, self._receive = anyio.create_memory_object_stream[bytes](_PIECES_AHEAD)

    async def outcome(self) -> StreamedBody | Answer | NoAnswer:
        """What came of it, once that is known: the open body, or an answer that is none."""
        await self._opened.wait()
        if isinstance(self._outcome, Exception):
            raise self._outcome
        assert self._outcome is not None  # noqa: S101 - set before the event
        return self._outcome

    def close(self) -> None:
        """Let go of what was not read."""
        self._send.close()
        self._receive.close()

    async def run(self) -> None:
        """Open the answer and read it to its end."""
        with self._send:
            try:
                await self._run_while_the_client_lives()
            except httpx.RequestError as error:
                self._fail(NoAnswer.of(error, self._outgoing.timeout))
            except Exception as error:  # noqa: BLE001 - raised to whoever opens or reads
                if self._opened.is_set():
                    self._failure = error
                else:
                    self._outcome = error
            finally:
                self._opened.set()

    async def _run_while_the_client_lives(self) -> None:
        scope = self._lifetime.begin()
        try:
            with scope:
                await self._run()
            if scope.cancelled_caught:
                self._fail(CLIENT_CLOSED)
        finally:
            self._lifetime.finish(scope)

    async def _run(self) -> None:
        response = await self._sender.open(self._outgoing)
        if response.status_code >= 300:
            self._outcome = await self._sender.read(response, method=self._outgoing.method)
            return
        assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - so of any asynchronous transport
        arriving = aiter(response.stream)
        try:
            pieces = _Pieces(self._receive, lambda: self._failure)
            self._outcome = StreamedBody(status_code=response.status_code, headers=response.headers, pieces=pieces)
            self._opened.set()
            await self._hand_over(arriving)
        finally:
            await abandon(response, arriving)

    async def _hand_over(self, arriving: AsyncIterator[bytes]) -> None:
        async for piece in arriving:
            try:
                await self._send.send(piece)
            except anyio.BrokenResourceError:
                # Whoever reads has closed the pieces before their end.
                return

    def _fail(self, outcome: NoAnswer) -> None:
        if self._opened.is_set():
            self._failure = self._error_of(outcome)
        else:
            self._outcome = outcome


class _Pieces(AsyncIterator[bytes]):
    """The pieces that were read; no generator, because it may be left halfway."""

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
            msg = "the body was left: read it inside `async with circleci.stream(...)`, before closing its pieces"
            raise ConfigurationError(msg) from None

    async def aclose(self) -> None:
        """Read no further."""
        self._receive.close()
