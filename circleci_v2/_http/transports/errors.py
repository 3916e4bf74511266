"""Errors of transports that httpx has no class for."""

from __future__ import annotations

import httpx

__all__ = ["NotProcessedError"]


class NotProcessedError(httpx.RemoteProtocolError):
    """The server has said that it did not process a request, so it may be sent again, whatever its method."""
