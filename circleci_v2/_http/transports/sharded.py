"""Sharded transport: many small connection pools instead of one large one.

httpcore looks at every connection and every request of a pool for each request, so that its cost grows with the square
of the pool. From about 50 connections that dominates everything else, while pools of a few connections stay cheap.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable
from typing import Final

import httpx

__all__ = ["CONNECTIONS_PER_SHARD", "ShardedTransport"]

CONNECTIONS_PER_SHARD: Final = 2
"""Measured: 2 to 4 are best from 50 to 200 concurrent requests; 32 are no better than one pool."""


class ShardedTransport(httpx.AsyncBaseTransport):
    """Sends each request through the pool that has the least to do.

    Pools are made when they are needed, so that a client that does one thing at a time has one.

    Args:
        make_pool: Makes a pool that opens at most so many connections, and keeps them.
        connections: How many connections all pools may open together; more requests than that at a time would queue
            inside httpcore, where a cancelled request takes a connection with it. It is rounded up to whole pools.
        per_shard: How many of them are in one pool.
    """

    def __init__(
        self,
        make_pool: Callable[[int], httpx.AsyncBaseTransport],
        *,
        connections: int,
        per_shard: int = CONNECTIONS_PER_SHARD,
    ) -> None:
        self._make_pool = make_pool
        self._per_shard = min(per_shard, connections)
        self._most = math.ceil(connections / self._per_shard)
        self._shards: list[_Shard] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request through the least loaded pool."""
        shard = self._choose()
        shard.load += 1
        try:
            response = await shard.pool.handle_async_request(request)
        except BaseException:
            shard.load -= 1
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - what asynchronous transports answer with
        response.stream = _Counted(response.stream, shard)
        return response

    def _choose(self) -> _Shard:
        # The first that has room, in a fixed order: the last ones idle when there is little to do.
        least = None
        for shard in self._shards:
            if not shard.load:
                return shard
            if least is None or shard.load < least.load:
                least = shard
        if least is None or len(self._shards) < self._most:
            least = _Shard(self._make_pool(self._per_shard))
            self._shards.append(least)
        return least

    async def aclose(self) -> None:
        """Close every connection."""
        for shard in self._shards:
            await shard.pool.aclose()


class _Shard:
    __slots__ = ("load", "pool")

    def __init__(self, pool: httpx.AsyncBaseTransport) -> None:
        self.pool = pool
        self.load = 0


class _Counted(httpx.AsyncByteStream):
    """A body that occupies its pool until it is closed."""

    def __init__(self, stream: httpx.AsyncByteStream, shard: _Shard) -> None:
        self._stream = stream
        self._shard: _Shard | None = shard

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._stream)

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            if self._shard is not None:
                self._shard.load -= 1
                self._shard = None
