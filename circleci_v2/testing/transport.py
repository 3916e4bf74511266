"""How requests reach a fake: in process through an httpx transport, or over a socket through ``serve``."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Protocol

import anyio
import httpx

from circleci_v2._validation import missing_package_error
from circleci_v2.testing.faults import Transmission
from circleci_v2.testing.messages import FakeRequest

if TYPE_CHECKING:
    from circleci_v2.testing.server import LoopbackServer, Served

__all__ = ["FakeTransport", "Serve", "Serving"]


class FakeTransport(httpx.AsyncBaseTransport, httpx.BaseTransport):
    """An httpx transport that passes all requests, to any host, to a fake; there are no sockets and no threads.

    Args:
        handle: The request handler of the fake, `FakeCircleCI.handle`.
    """

    def __init__(self, handle: Callable[[FakeRequest], Transmission]) -> None:
        self._handle = handle

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Handle a request of an ``httpx.AsyncClient``."""
        transmission = self._handle(_to_fake_request(request, await request.aread()))
        if transmission.delay:
            await anyio.sleep(transmission.delay)
        return _to_response(transmission, request)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Handle a request of an ``httpx.Client``."""
        transmission = self._handle(_to_fake_request(request, request.read()))
        if transmission.delay:
            time.sleep(transmission.delay)
        return _to_response(transmission, request)


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
        try:
            from circleci_v2.testing.server import LoopbackServer  # noqa: PLC0415 - uvicorn is not needed in process
        except ModuleNotFoundError as error:
            raise missing_package_error("serve()", error.name, "circleci_v2[testing]") from error
        return LoopbackServer(self._create(), host=host, port=port)


class _Seedable(Protocol):
    @classmethod
    def seeded(cls) -> Served: ...


class Serving:
    """Descriptor for ``serve``, which is callable on a fake (served itself) and on the class (serves a seeded fake)."""

    def __get__(self, fake: Served | None, owner: type[_Seedable]) -> Serve:
        # Seeding has to wait for the call because tools such as pydoc read all attributes of a class.
        return Serve(owner.seeded if fake is None else lambda: fake)
