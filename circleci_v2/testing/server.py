"""LoopbackServer: a fake CircleCI over real sockets, served from a thread of its own.

The thread makes it serve asyncio, trio and blocking programs alike, and keeps the fake's work out of the event loop
under test. Two ports are bound: the API and the artifacts on one, the storage that artifacts redirect to on the other,
because a client has to treat them as different hosts.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

import anyio
import anyio.to_thread
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from circleci_v2.testing.faults import Delivery
from circleci_v2.testing.messages import Call
from circleci_v2.testing.state.world import Origins

if TYPE_CHECKING:
    from circleci_v2.testing.fake import FakeCircleCI

__all__ = ["LoopbackServer"]

_START_SECONDS: Final = 10.0
_DELIVERY_SECONDS: Final = 0.1
_LAST_ROUNDS: Final = 6

_logger: Final = logging.getLogger("circleci_v2.testing")


class LoopbackServer:
    """Serves a fake CircleCI as long as the context is open.

    Args:
        fake: Who answers.
        host: The address to listen on.
        port: The port of the API; 0 takes a free one.
    """

    def __init__(self, fake: FakeCircleCI, *, host: str, port: int) -> None:
        self._fake = fake
        self._host = host
        self._port = port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> str:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> str:
        url = self._launch()
        try:
            await anyio.to_thread.run_sync(self._wait_until_ready)
        except anyio.get_cancelled_exc_class():
            # A cancellation that is asyncio's own does not wait for the thread, and nobody else would stop the server.
            await self._stop_in_thread()
            raise
        return url

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._stop_in_thread()

    async def _stop_in_thread(self) -> None:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self.stop)

    def start(self) -> str:
        """Start to serve, and give the base URL.

        Raises:
            OSError: The port is taken.
            RuntimeError: It is being served already, or the server did not start.
        """
        url = self._launch()
        self._wait_until_ready()
        return url

    def _launch(self) -> str:
        """Start the server's thread, without waiting for anything, and give the base URL."""
        if self._thread is not None:
            msg = "this fake is being served already: use the base URL that the first start gave"
            raise RuntimeError(msg)
        api, storage = _listen(self._host, self._port), _listen(self._host, 0)
        self._fake.world.origins = Origins(artifacts=_origin(api), storage=_origin(storage))
        server = _Server(self._fake)
        self._server = server
        self._thread = threading.Thread(target=server.run, args=([api, storage],), name="fake-circleci", daemon=True)
        self._thread.start()
        return f"{_origin(api)}/api/v2"

    def _wait_until_ready(self) -> None:
        if self._server is not None and not self._server.ready.wait(_START_SECONDS):
            msg = f"the server did not start within {_START_SECONDS:g} seconds"
            raise RuntimeError(msg)

    def stop(self) -> None:
        """Close the sockets and wait for the thread; nothing happens when nothing is served."""
        if self._server is not None and self._thread is not None:
            self._server.stop()
            self._thread.join()
        self._server = self._thread = None


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it an answer takes 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def _origin(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    """A uvicorn that says when it is ready and stops when it is told to, not at the next tick."""

    def __init__(self, fake: FakeCircleCI) -> None:
        self._fake = fake
        self.ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told_to_stop = asyncio.Event()
        config = uvicorn.Config(
            self._app,
            interface="asgi3",
            log_config=None,
            access_log=False,
            lifespan="off",
            date_header=False,
            server_header=False,
        )
        super().__init__(config)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self.ready.set()

    async def main_loop(self) -> None:
        deliveries = asyncio.create_task(self._deliver_webhooks()) if self._fake.clock.running else None
        await self._told_to_stop.wait()
        if deliveries is not None:
            deliveries.cancel()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # uvicorn gives open connections a tenth of a second to end; whoever stops a fake has no use for their answers,
        # and a suite of tests stops hundreds.
        for listener in sockets or ():
            with suppress(NotImplementedError):  # on Windows, where nothing is accepted by a reader
                asyncio.get_running_loop().remove_reader(listener)
        # What was just accepted becomes a connection two rounds of the loop later, and asyncio forgets it where its server
        # is closed by then. A socket is closed one round after it was told to, and the loop ends right after this.
        for _ in range(_LAST_ROUNDS):
            for connection in tuple(self.server_state.connections):
                _abort(connection)
            await asyncio.sleep(0)
        for server in self.servers:
            server.close()
        for listener in sockets or ():
            listener.close()

    async def _deliver_webhooks(self) -> None:
        """Deliver what becomes due while time passes by itself."""
        while True:
            try:
                await self._fake.deliver_webhooks()
            except ValueError as error:
                _logger.warning("A webhook was not delivered: %s", error)
            except Exception:
                # Nobody waits for this task, so what ended it would never be seen.
                _logger.exception("Webhooks could not be delivered")
            await asyncio.sleep(_DELIVERY_SECONDS)

    def stop(self) -> None:
        """End the main loop, from any thread; a server that is only starting has to get there first."""
        self.ready.wait(_START_SECONDS)
        self.force_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._told_to_stop.set)

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        target = scope["raw_path"].decode("ascii")
        if scope["query_string"]:
            target = f"{target}?{scope['query_string'].decode('ascii')}"
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        call = Call.from_target(scope["method"], target, headers=headers, body=await request.body())
        delivery = self._fake.deliver(call)
        if delivery.delay:
            await asyncio.sleep(delivery.delay)
        if delivery.cut is not None:
            await self._cut(delivery, scope, receive, send)
            return
        answer = delivery.answer
        await Response(answer.content, answer.status, dict(answer.headers))(scope, receive, send)

    async def _cut(self, delivery: Delivery, scope: Scope, receive: Receive, send: Send) -> None:
        if delivery.cut == "inside the body":
            content = delivery.answer.content
            headers = {**delivery.answer.headers, "content-length": str(len(content))}
            raw_headers = [(name.encode(), value.encode()) for name, value in headers.items()]
            await send({"type": "http.response.start", "status": delivery.answer.status, "headers": raw_headers})
            await send({"type": "http.response.body", "body": content[: len(content) // 2], "more_body": True})
        for connection in tuple(self.server_state.connections):
            _close_if_of(connection, scope["client"])
        while (await receive())["type"] != "http.disconnect":
            pass


def _abort(connection: Any) -> None:
    connection.transport.abort()


def _close_if_of(connection: Any, client: Any) -> None:
    # uvicorn gives its applications no way to lose a connection, and what all its protocols have in common no type.
    if connection.client == client:
        connection.transport.close()
