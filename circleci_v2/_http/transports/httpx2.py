"""Transports of httpx2, the continuation of httpx under another name, behind the interface of httpx.

The classes of the two libraries have the same methods and different identities, so that a request of one is none of the other,
and their errors have no common base. ``docs/decisions/httpx2.md`` says when this adapter is used, and what follows it.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from typing import Any

import httpx

from circleci_v2.config import AsyncTransport

__all__ = ["as_httpx_transport"]


def as_httpx_transport(transport: AsyncTransport) -> httpx.AsyncBaseTransport:
    """Return a transport that a user passed, adapted if it is one of httpx2.

    Args:
        transport: A transport of httpx or of httpx2.
    """
    # A transport of httpx2 cannot exist before httpx2 was imported, so it is not imported here.
    httpx2: Any = sys.modules.get("httpx2")
    # `httpx2.alias_httpx()` makes both names the same module.
    if httpx2 is None or httpx2 is httpx or not isinstance(transport, httpx2.AsyncBaseTransport):
        return transport  # type: ignore[return-value] # pyright: ignore[reportReturnType] - has the methods of httpx's
    return _Httpx2Transport(transport, httpx2)


class _Httpx2Transport(httpx.AsyncBaseTransport):
    """Sends requests of httpx through a transport of httpx2.

    Args:
        inner: The transport.
        httpx2: The module.
    """

    def __init__(self, inner: AsyncTransport, httpx2: Any) -> None:
        self._inner = inner
        self._httpx2 = httpx2

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; errors of httpx2 become those of httpx."""
        sent = self._httpx2.Request(
            request.method,
            str(request.url),
            headers=request.headers.raw,
            content=await request.aread(),
            extensions=request.extensions,
        )
        # Exactly the target of the original: another normalization would request another resource.
        sent.url = self._httpx2.URL(str(request.url)).copy_with(raw_path=request.url.raw_path)
        with _errors_as_httpx(self._httpx2, request):
            received = await self._inner.handle_async_request(sent)
        return httpx.Response(
            received.status_code,
            headers=received.headers.raw,
            stream=_Body(received.stream, self._httpx2, request),
            extensions=received.extensions,
            request=request,
        )

    async def aclose(self) -> None:
        """Close the transport."""
        await self._inner.aclose()


class _Body(httpx.AsyncByteStream):
    """The body of a response of httpx2."""

    def __init__(self, stream: Any, httpx2: Any, request: httpx.Request) -> None:
        self._stream = stream
        self._httpx2 = httpx2
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _errors_as_httpx(self._httpx2, self._request):
            async for chunk in self._stream:
                yield chunk

    async def aclose(self) -> None:
        with _errors_as_httpx(self._httpx2, self._request):
            await self._stream.aclose()


@contextmanager
def _errors_as_httpx(httpx2: Any, request: httpx.Request) -> Generator[None]:
    """Raise the error of httpx with the name of the one of httpx2, or of its nearest base that httpx has."""
    try:
        yield
    except httpx2.RequestError as error:
        names = [kind.__name__ for kind in type(error).__mro__]
        kind: Any = next((found for name in names if (found := getattr(httpx, name, None))), httpx.TransportError)
        raise kind(str(error), request=request) from error
