"""Abandoning: to stop reading the body of an answer so that nothing of it lingers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final

import anyio
import httpx

from circleci_v2._http.isolation import is_asyncio

__all__ = ["abandon"]

# What httpcore reads from the network at a time, if each piece had one byte; a transport of the user's may have no end.
_MOST_PIECES: Final = 1 << 16


async def abandon(response: httpx.Response, pieces: AsyncIterator[bytes]) -> None:
    """Stop reading a body, wherever its reading stands, and give its connection back.

    The body comes through generators of httpx and httpcore, one inside the other. To close the outer one drops the inner
    ones halfway. Asyncio ends those by itself; trio warns of each. So on trio the reading goes on to its next wait for
    the network, which is cancelled, and from there all of them end.

    Args:
        response: The answer.
        pieces: Its body; may be at its end already.
    """
    try:
        if not is_asyncio():
            await _end_from_within(pieces)
    finally:
        with anyio.CancelScope(shield=True):
            await response.aclose()


async def _end_from_within(pieces: AsyncIterator[bytes]) -> None:
    with anyio.CancelScope() as scope, suppress(httpx.RequestError):
        scope.cancel()
        for _ in range(_MOST_PIECES):
            # What has arrived already is not much, and goes nowhere.
            if await anext(pieces, None) is None:
                return
