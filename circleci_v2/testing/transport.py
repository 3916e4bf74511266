"""How requests reach a fake: in process through an httpx transport, or over a socket through ``serve``."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Protocol

import anyio
import httpx

from circleci_v2.testing.clock import SkippedWaits
from circleci_v2.testing.faults import Transmission
from circleci_v2.testing.messages import FakeRequest

if TYPE_CHECKING:
    from circleci_v2.testing.server import LoopbackServer, Served

__all__ = ["FakeTransport", "Serve", "Serving", "SkippingTransport"]


class FakeTransport(httpx.AsyncBaseTransport, httpx.BaseTransport):
    """An httpx transport that passes all requests, to any host, to a fake; there are no sockets and no threads.

    Delays of responses take no real time, unless the clock of the fake runs with it. A delay that exceeds the read timeout of
    the request raises `httpx.ReadTimeout`, as on a connection.

    Args:
        handle: The request handler of the fake, `FakeCircleCI.handle`.
        waits: The time in which delays pass; None for real time.
    """

    def __init__(self, handle: Callable[[FakeRequest], Transmission], waits: SkippedWaits | None) -> None:
        self._handle = handle
        self._waits = waits

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Handle a request of an ``httpx.AsyncClient``."""
        transmission = self._handle(_to_fake_request(request, await request.aread()))
        seconds, error = _delay(transmission, request)
        if seconds and self._waits is None:
            await anyio.sleep(seconds)
        elif seconds and self._waits is not None:
            await self._waits.wait(anyio.Event(), self._waits.now() + seconds)
        if error is not None:
            raise error
        return _to_response(transmission, request)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Handle a request of an ``httpx.Client``."""
        transmission = self._handle(_to_fake_request(request, request.read()))
        seconds, error = _delay(transmission, request)
        if seconds and self._waits is None:
            time.sleep(seconds)
        elif seconds and self._waits is not None:
            self._waits.skip(seconds)
        if error is not None:
            raise error
        return _to_response(transmission, request)


class SkippingTransport(FakeTransport):
    """A transport that makes the waits of its client pass without taking real time, such as those for ``Retry-After``.

    Args:
        handle: The request handler of the fake, `FakeCircleCI.handle`.
        waits: The time of the client.
    """

    def __init__(self, handle: Callable[[FakeRequest], Transmission], waits: SkippedWaits) -> None:
        super().__init__(handle, waits)
        self.session_clock = waits


def _delay(transmission: Transmission, request: httpx.Request) -> tuple[float, httpx.ReadTimeout | None]:
    """Return the seconds to wait before the response, and the error if the client does not wait for so long."""
    timeout: float | None = request.extensions.get("timeout", {}).get("read")
    if timeout is None or transmission.delay <= timeout:
        return transmission.delay, None
    return timeout, httpx.ReadTimeout(f"no response within {timeout:g} seconds", request=request)


def _to_fake_request(request: httpx.Request, body: bytes) -> FakeRequest:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return FakeRequest.from_target(request.method, request.url.raw_path.decode("ascii"), headers=headers, body=body)


def _to_response(transmission: Transmission, request: httpx.Request) -> httpx.Response:
    response = transmission.response
    headers = dict(response.headers)
    if transmission.cut == "before the response":
        msg = "Server disconnected without sending a response."
        raise httpx.RemoteProtocolError(msg, request=request)
    if transmission.cut == "inside the body":
        return httpx.Response(
            response.status_code, headers=headers, stream=_TruncatedBody(response.content), request=request
        )
    return httpx.Response(response.status_code, headers=headers, content=response.content, request=request)


class _TruncatedBody(httpx.AsyncByteStream, httpx.SyncByteStream):
    """The first half of a body, followed by a disconnect."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk

    def __iter__(self) -> Iterator[bytes]:
        yield self._content[: len(self._content) // 2]
        msg = "peer closed connection without sending complete message body"
        raise httpx.RemoteProtocolError(msg)


class Serve:
    """The ``serve`` method of a fake, or of its class.

    Args:
        create: Returns the fake to serve.
    """

    def __init__(self, create: Callable[[], Served]) -> None:
        self._create = create

    def __call__(self, *, host: str = "127.0.0.1", port: int = 0) -> LoopbackServer:
        """Serve the fake over HTTP from a background thread.

        Called on the class, it serves a new fake from `FakeCircleCI.seeded`, whose token is ``fake-token``.

        Args:
            host: The address to listen on. Default: ``127.0.0.1``.
            port: The port to listen on. Default: 0, a free port.

        Returns:
            A context manager for ``with`` and ``async with`` that returns the base URL, for example
            ``http://127.0.0.1:40123/api/v2``. Entering it raises `OSError` if the port is taken.
        """
        from circleci_v2.testing.server import LoopbackServer  # noqa: PLC0415 - uvicorn is not needed in process

        return LoopbackServer(self._create(), host=host, port=port)


class _Seedable(Protocol):
    @classmethod
    def seeded(cls) -> Served: ...


class Serving:
    """Descriptor for ``serve``, which is callable on a fake (served itself) and on the class (serves a seeded fake)."""

    def __get__(self, fake: Served | None, owner: type[_Seedable]) -> Serve:
        # Seeding has to wait for the call because tools such as pydoc read all attributes of a class.
        return Serve(owner.seeded if fake is None else lambda: fake)
