"""FakeTransport: a fake CircleCI as an httpx transport; no socket, no thread."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import anyio
import httpx

from circleci_v2.testing.faults import Delivery
from circleci_v2.testing.messages import Call

if TYPE_CHECKING:
    from circleci_v2.testing.fake import FakeCircleCI

__all__ = ["FakeTransport"]


class FakeTransport(httpx.AsyncBaseTransport, httpx.BaseTransport):
    """Answers every request of an httpx client, whatever its host, from a fake CircleCI.

    Args:
        fake: Who answers.
    """

    def __init__(self, fake: FakeCircleCI) -> None:
        self._fake = fake

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of an asynchronous client."""
        delivery = self._fake.deliver(_call(request, await request.aread()))
        if delivery.delay:
            await anyio.sleep(delivery.delay)
        return _response(delivery, request)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of a synchronous client."""
        delivery = self._fake.deliver(_call(request, request.read()))
        if delivery.delay:
            time.sleep(delivery.delay)
        return _response(delivery, request)


def _call(request: httpx.Request, body: bytes) -> Call:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Call.from_target(request.method, request.url.raw_path.decode("ascii"), headers=headers, body=body)


def _response(delivery: Delivery, request: httpx.Request) -> httpx.Response:
    answer = delivery.answer
    if delivery.cut == "before the answer":
        msg = "Server disconnected without sending a response."
        raise httpx.RemoteProtocolError(msg, request=request)
    if delivery.cut == "inside the body":
        return httpx.Response(
            answer.status, headers=dict(answer.headers), stream=_CutBody(answer.content), request=request
        )
    return httpx.Response(answer.status, headers=dict(answer.headers), content=answer.content, request=request)


class _CutBody(httpx.AsyncByteStream, httpx.SyncByteStream):
    """The first half of a body, and then a lost connection."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk

    def __iter__(self) -> Iterator[bytes]:
        yield self._content[: len(self._content) // 2]
        msg = "peer closed connection without sending complete message body"
        raise httpx.RemoteProtocolError(msg)
