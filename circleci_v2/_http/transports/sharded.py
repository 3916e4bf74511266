"""ShardedTransport: many small connection pools instead of one large one.

For each request, httpcore iterates over every connection and every queued request of its pool, so the cost of a burst
grows with the square of the pool's size. From about 50 connections on it dominates everything else (4.9 ms of CPU time
per request at 100 concurrent requests), while pools of a few connections stay cheap: 6 to 8 times less at 100.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable
from typing import Final

import httpx

__all__ = ["CONNECTIONS_PER_SHARD", "ShardedTransport"]

CONNECTIONS_PER_SHARD: Final = 2
"""Measured: 2 to 4 are best for 50 to 200 concurrent requests; 32 are no better than one pool."""


class ShardedTransport(httpx.AsyncBaseTransport):
    """Sends each request through the least loaded pool.

    Pools are created on demand, so a client that sends one request at a time has one.

    Args:
        make_pool: Creates a pool with a maximum number of connections, all of which it keeps alive.
        connections: The maximum number of connections of all pools together, rounded up to complete pools. Send no more
            requests than that concurrently: they would queue inside httpcore, where a cancelled request can lose a
            connection (https://github.com/encode/httpcore/issues/1093).
        per_shard: The maximum number of connections of one pool.
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
        self._max_shards = math.ceil(connections / self._per_shard)
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
        assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - async transports return async streams
        response.stream = _CountedStream(response.stream, shard)
        return response

    def _choose(self) -> _Shard:
        # The first idle pool in a fixed order, so that the last ones expire when there is little to do.
        least = None
        for shard in self._shards:
            if not shard.load:
                return shard
            if least is None or shard.load < least.load:
                least = shard
        if least is None or len(self._shards) < self._max_shards:
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


class _CountedStream(httpx.AsyncByteStream):
    """A body that counts as load of its pool until it is closed."""

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
