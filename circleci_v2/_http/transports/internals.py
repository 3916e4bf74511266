"""The attributes of httpcore, h11 and anyio that are not public, but needed to see unread bytes.

httpcore puts a connection back into its pool without looking at what was received after the response
(https://github.com/encode/httpcore/issues/872 describes the path to those bytes). Nothing public shows them, so this is
the only module that reaches for them. Each function treats a missing attribute as "nothing to see": the client then
behaves as httpcore does by itself.
"""

from __future__ import annotations

from typing import Any

import httpcore

__all__ = ["has_queued_bytes", "has_unparsed_bytes", "protocol_state"]


def protocol_state(connection: httpcore.AsyncConnectionInterface, name: str) -> Any:
    """Return the h11 or h2 connection that parses for a connection of httpcore; None if there is none.

    Args:
        connection: A connection of a pool. Those of httpcore are nested, up to three levels with a proxy.
        name: ``_h11_state`` or ``_h2_state``.
    """
    innermost: Any = connection
    while (inner := getattr(innermost, "_connection", None)) is not None:
        innermost = inner
    return getattr(innermost, name, None)


def has_unparsed_bytes(connection: httpcore.AsyncConnectionInterface) -> bool:
    """Whether h11 holds bytes that it has not parsed, or the end of the stream.

    Args:
        connection: A connection that is idle; before, the rest of the response may be there.
    """
    state = protocol_state(connection, "_h11_state")
    trailing: tuple[bytes, bool] = getattr(state, "trailing_data", (b"", False))
    return any(trailing)


def has_queued_bytes(stream: httpcore.AsyncNetworkStream) -> bool:
    """Whether anyio's stream on asyncio has received bytes that it has not returned.

    It reads up to 256 KiB from the socket, but returns 64 KiB at a time; those in between are in no other buffer.

    Args:
        stream: A stream of httpcore on anyio, with or without TLS. Streams on trio have no such queue.
    """
    inner: Any = getattr(stream, "_stream", None)
    while (transport := getattr(inner, "transport_stream", None)) is not None:
        inner = transport
    return bool(getattr(getattr(inner, "_protocol", None), "read_queue", None))
