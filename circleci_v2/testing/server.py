"""LoopbackServer: serves a fake over HTTP from a background thread.

The thread makes the server usable from asyncio, trio and blocking programs, and keeps the fake's work out of the event
loop under test. Two ports are bound, one for the API and artifacts and one for the storage that artifacts redirect to,
because clients have to treat the storage as a different host (and must not send the token there).
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Protocol

import anyio
import anyio.to_thread
import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from circleci_v2.testing.clock import Clock
from circleci_v2.testing.deliveries import WebhookDelivery
from circleci_v2.testing.faults import Transmission
from circleci_v2.testing.messages import FakeRequest
from circleci_v2.testing.state import FakeState, Origins

__all__ = ["LoopbackServer", "Served"]

_START_TIMEOUT: Final = 10.0
_DELIVERY_INTERVAL: Final = 0.1
_CLOSING_ITERATIONS: Final = 6

_logger: Final = logging.getLogger("circleci_v2.testing")


class Served(Protocol):
    """The part of `FakeCircleCI` that a server needs."""

    clock: Clock
    state: FakeState

    def handle(self, request: FakeRequest) -> Transmission:
        """Respond to one request."""
        ...

    async def deliver_webhooks(self) -> list[WebhookDelivery]:
        """Deliver the webhooks that are due."""
        ...


class LoopbackServer:
    """A context manager, synchronous and asynchronous, that serves a fake and returns its base URL.

    Args:
        fake: The fake to serve.
        host: The address to listen on.
        port: The port of the API; 0 selects a free port.
    """

    def __init__(self, fake: Served, *, host: str, port: int) -> None:
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
            # A native asyncio cancellation abandons the worker thread, and __aexit__ is not called.
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
        """Start the server and return the base URL, for example ``http://127.0.0.1:40123/api/v2``.

        Raises:
            OSError: The port is taken.
            RuntimeError: The server is running already, or did not start within 10 seconds.
        """
        url = self._launch()
        self._wait_until_ready()
        return url

    def _launch(self) -> str:
        """Bind the sockets and start the thread, without waiting for it."""
        if self._thread is not None:
            msg = "this fake is being served already: use the base URL that the first start returned"
            raise RuntimeError(msg)
        api, storage = _listen(self._host, self._port), _listen(self._host, 0)
        self._fake.state.origins = Origins(artifacts=_origin(api), storage=_origin(storage))
        server = _Server(self._fake)
        self._server = server
        self._thread = threading.Thread(target=server.run, args=([api, storage],), name="fake-circleci", daemon=True)
        self._thread.start()
        return f"{_origin(api)}/api/v2"

    def _wait_until_ready(self) -> None:
        if self._server is not None and not self._server.ready.wait(_START_TIMEOUT):
            msg = f"the server did not start within {_START_TIMEOUT:g} seconds"
            raise RuntimeError(msg)

    def stop(self) -> None:
        """Close all sockets and wait for the thread; does nothing if the server is not running."""
        if self._server is not None and self._thread is not None:
            self._server.stop()
            self._thread.join()
        self._server = self._thread = None


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only on sockets created with an explicit IPPROTO_TCP (base_events._set_nodelay); with
    # Nagle's algorithm, each response takes 40 ms.
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
    """A uvicorn server that signals readiness and stops immediately instead of at its next 0.1-second tick."""

    def __init__(self, fake: Served) -> None:
        self._fake = fake
        self.ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop_requested = asyncio.Event()
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
        await self._stop_requested.wait()
        if deliveries is not None:
            deliveries.cancel()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # uvicorn's own shutdown waits 0.1 seconds for open connections. Nothing needs their responses when a fake is
        # stopped, and a test suite stops hundreds of fakes.
        for listener in sockets or ():
            with suppress(NotImplementedError):  # the proactor event loop of Windows has no readers
                asyncio.get_running_loop().remove_reader(listener)
        # An accepted socket becomes a connection two iterations of the event loop later, and leaks if the server is
        # closed by then. An aborted connection closes one iteration later, and the loop ends right after this method.
        for _ in range(_CLOSING_ITERATIONS):
            for connection in tuple(self.server_state.connections):
                _abort(connection)
            await asyncio.sleep(0)
        for server in self.servers:
            server.close()
        for listener in sockets or ():
            listener.close()

    async def _deliver_webhooks(self) -> None:
        """Deliver webhooks periodically while the clock is running."""
        while True:
            try:
                await self._fake.deliver_webhooks()
            except ValueError as error:
                _logger.warning("A webhook was not delivered: %s", error)
            except Exception:
                # This task is never awaited, so an exception that ended it would go unnoticed.
                _logger.exception("Webhooks could not be delivered")
            await asyncio.sleep(_DELIVERY_INTERVAL)

    def stop(self) -> None:
        """End the main loop, from any thread; waits for a server that is still starting."""
        self.ready.wait(_START_TIMEOUT)
        self.force_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop_requested.set)

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        target = scope["raw_path"].decode("ascii")
        if scope["query_string"]:
            target = f"{target}?{scope['query_string'].decode('ascii')}"
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            body = await Request(scope, receive).body()
        except ClientDisconnect:
            return  # the client gave up while it sent its body
        transmission = self._fake.handle(FakeRequest.from_target(scope["method"], target, headers=headers, body=body))
        if transmission.delay:
            await asyncio.sleep(transmission.delay)
        if transmission.cut is not None:
            await self._disconnect(transmission, scope, receive, send)
            return
        response = transmission.response
        await Response(response.content, response.status_code, dict(response.headers))(scope, receive, send)

    async def _disconnect(self, transmission: Transmission, scope: Scope, receive: Receive, send: Send) -> None:
        if transmission.cut == "inside the body":
            response = transmission.response
            content = response.content
            headers = {**response.headers, "content-length": str(len(content))}
            raw_headers = [(name.encode(), value.encode()) for name, value in headers.items()]
            await send({"type": "http.response.start", "status": response.status_code, "headers": raw_headers})
            await send({"type": "http.response.body", "body": content[: len(content) // 2], "more_body": True})
        for connection in tuple(self.server_state.connections):
            _close_if_of(connection, scope["client"])
        while (await receive())["type"] != "http.disconnect":
            pass


def _abort(connection: Any) -> None:
    connection.transport.abort()


def _close_if_of(connection: Any, client: Any) -> None:
    # ASGI has no message that closes a connection, and uvicorn's protocol classes have no common type.
    if connection.client == client:
        connection.transport.close()
