"""The servers of `tests.loopback` without sockets and threads, for tests that are not about connections."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
import httpx
from anyio.lowlevel import checkpoint

from circleci_v2._http.session import Session
from tests.clients import Elapsing, SkippingClient, SkippingClock
from tests.loopback import Handler, Loopback, Received, Reply


class InMemoryServers(httpx.AsyncBaseTransport):
    """Passes each request to the server of its origin, and returns the reply as a broken connection would end it."""

    def __init__(self) -> None:
        self._servers: dict[str, Loopback] = {}

    def add(self, handler: Handler) -> Loopback:
        server = Loopback(handler, url=f"http://127.0.0.1:{len(self._servers) + 1}")
        self._servers[server.url] = server
        return server

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await checkpoint()
        server = self._servers[f"{request.url.scheme}://{request.url.netloc.decode()}"]
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in request.headers.raw}
        received = Received(request.method, request.url.raw_path.decode("latin-1"), headers, await request.aread())
        server.requests.append(received)
        reply = server.handler(received)
        if reply.delay:
            await anyio.sleep(reply.delay)
        headers = dict(reply.headers)
        if reply.length is not None:
            headers.setdefault("Content-Length", str(reply.length))
        return httpx.Response(reply.status, headers=headers, stream=ReplyStream(reply, request))


class ReplyStream(httpx.AsyncByteStream):
    """The body of a reply; fails at the byte where the connection is cut, and when it is shorter than announced."""

    def __init__(self, reply: Reply, request: httpx.Request) -> None:
        self._reply = reply
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        reply, sent = self._reply, 0
        for piece in [reply.body] if isinstance(reply.body, bytes) else reply.body:
            kept = piece if reply.cut_after is None else piece[: max(0, reply.cut_after - sent)]
            for start in range(0, len(kept), 1 << 16):
                await checkpoint()
                yield kept[start : start + (1 << 16)]
            sent += len(kept)
        if sent < (reply.length or 0):
            msg = "peer closed connection without sending complete message body"
            raise httpx.RemoteProtocolError(msg, request=self._request)


class InMemoryClient(SkippingClient):
    """A client of such servers, whose waits take no time."""

    def __init__(self, origin: str, servers: InMemoryServers, time: Elapsing | None = None) -> None:
        super().__init__(origin, time)
        self._session = Session(self._settings, transport=servers, clock=SkippingClock(time))
