"""A server that speaks TLS on the loopback, with a certificate that only these tests trust."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import anyio
from anyio.abc import SocketAttribute
from anyio.streams.tls import TLSListener

from tests.http.fault_server import FaultServer, Handler

# Made by: openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500
#          -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1
CERTIFICATE: Final = Path(__file__).with_name("loopback-certificate.pem")
KEY: Final = Path(__file__).with_name("loopback-key.pem")


def trusting() -> ssl.SSLContext:
    """Return a context for clients that trusts the server."""
    return ssl.create_default_context(cafile=str(CERTIFICATE))


@asynccontextmanager
async def serving_encrypted(handler: Handler) -> AsyncGenerator[FaultServer]:
    """Serve on the event loop of the test, on `FaultServer.port`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)
    server = FaultServer(handler)
    plain = await anyio.create_tcp_listener(local_host="127.0.0.1")
    server.port = plain.extra(SocketAttribute.local_port)
    async with TLSListener(plain, context, standard_compatible=False) as listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, server.serve_connection)
        yield server
        group.cancel_scope.cancel()
