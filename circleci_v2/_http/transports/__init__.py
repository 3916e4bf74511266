"""Transports: the connections that carry requests.

- ``factory.py`` chooses and creates the transport for a URL: by scheme, proxy and the options of the client.
- ``pools.py`` has the pools of httpx: many small ones, whose connections are reused only when nothing is left to read.
- ``http1_stream.py`` finds what is left to read, and responses that arrive before the request is sent.
- ``http2.py`` identifies requests that a server did not process; ``http2_frames.py`` reads the frames for it.
- ``aiohttp.py`` sends through aiohttp instead, with errors that retries can rely on (the extra ``fast``).
- ``httpx2.py`` adapts a transport of httpx2 that a user passes.
"""

from __future__ import annotations

import httpx

__all__ = ["NotProcessedError"]


class NotProcessedError(httpx.RemoteProtocolError):
    """The server has said that it did not process a request, so it may be sent again, whatever its method."""
