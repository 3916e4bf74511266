"""Stores through which processes share their rate limits: `RedisStore`, and `MemoryStore` for tests.

Both keep what `circleci_v2.policies.StoreConnection` describes: a log of entries per token and host, whose order and times
are those of the store. They know nothing of rate limits.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Coroutine
from importlib import import_module
from typing import Any, Final
from urllib.parse import urlsplit

import anyio
import attrs

from circleci_v2._validation import missing_package_error
from circleci_v2.errors import ConfigurationError, StoreError
from circleci_v2.policies import Store, StoreConnection, StoreReply

__all__ = ["MemoryStore", "RedisStore", "Store", "StoreConnection", "StoreReply"]

# Milliseconds: a published limit of CircleCI counts for an hour, the longest of what a log is needed for.
_LIFETIME_MS: Final = 2 * 3600 * 1000
# Connecting takes several round trips, and the name of the host has to be looked up.
_CONNECT_TIMEOUTS: Final = 4
_TIMEOUT_STEPS: Final = 5
# KEYS: the state (epoch, base, snapshot, and its position), the entries since `base`.
# ARGV: epoch, position, entry, snapshot, new epoch, lifetime.
# Returns: time, epoch, position of the snapshot, position of the first returned entry, snapshot, whether appended, entries.
_EXCHANGE: Final = """
local time = redis.call('TIME')
local now = time[1] .. '.' .. string.format('%06d', tonumber(time[2]))
local state = redis.call('HMGET', KEYS[1], 'epoch', 'base', 'snapshot_at')
local epoch, base, snapshot_at = state[1], tonumber(state[2] or 0), tonumber(state[3] or 0)
local position = tonumber(ARGV[2])
if epoch and ARGV[1] == epoch and position > base + redis.call('LLEN', KEYS[2]) then
  epoch = false
end
local snapshot, append = '', 1
if not epoch then
  if ARGV[4] == '' then
    return {now, '', 0, 0, '', 0, {}}
  end
  epoch, base, snapshot_at, position = ARGV[5], 0, 0, 0
  redis.call('DEL', KEYS[1], KEYS[2])
  redis.call('HSET', KEYS[1], 'epoch', epoch, 'base', 0, 'snapshot_at', 0, 'snapshot', ARGV[4])
elseif ARGV[1] ~= epoch or position < base then
  snapshot, position = redis.call('HGET', KEYS[1], 'snapshot'), snapshot_at
  if ARGV[1] ~= '' then
    append = 0
  end
elseif ARGV[4] ~= '' and position > snapshot_at then
  redis.call('LTRIM', KEYS[2], snapshot_at - base, -1)
  base, snapshot_at = snapshot_at, position
  redis.call('HSET', KEYS[1], 'base', base, 'snapshot_at', snapshot_at, 'snapshot', ARGV[4])
end
if append == 1 then
  redis.call('RPUSH', KEYS[2], now .. ' ' .. ARGV[3])
end
redis.call('PEXPIRE', KEYS[1], ARGV[6])
redis.call('PEXPIRE', KEYS[2], ARGV[6])
return {now, epoch, snapshot_at, position, snapshot, append, redis.call('LRANGE', KEYS[2], position - base, -1)}
"""


@attrs.frozen
class RedisStore:
    """Shares rate limits through a Redis or Valkey server (``pip install 'circleci_v2[redis]'``); asyncio only.

    Each exchange is one script, and times are those of the server, so that the clocks of the processes do not matter. Keys
    are hashes of host and token, and expire after two hours without a call. Nothing has to survive a restart of the server:
    an emptied one is filled again by the processes that use it.

    The store itself only holds the settings: it can be pickled, and shared by clients on several event loops, each of which
    opens one connection.

    Attributes:
        url: The server, for example ``redis://:password@redis.internal:6379/0``; ``rediss://`` for TLS, ``unix://`` for a
            socket.
        timeout: Seconds that one exchange may take, and four times that to connect. After that, the process goes on with a
            budget of its own and tries again every second. Default: 0.25.

    Raises:
        ConfigurationError: The URL has another scheme, `timeout` is not above 0, or redis-py is not installed.
    """

    url: str = attrs.field(repr=False)
    timeout: float = 0.25

    def __attrs_post_init__(self) -> None:
        scheme = urlsplit(self.url).scheme
        if scheme not in {"redis", "rediss", "unix"}:
            msg = (
                f"the URL of the store has the scheme {scheme!r}: pass redis://host:6379/0, rediss://... or unix://..."
            )
            raise ConfigurationError(msg)
        if not self.timeout > 0:
            msg = f"timeout={self.timeout!r} must be above 0"
            raise ConfigurationError(msg)
        _import_redis()

    def connect(self) -> StoreConnection:
        """Return a connection, which is established by its first exchange."""
        return _RedisConnection(self.url, self.timeout)


def _import_redis() -> Any:
    try:
        redis = import_module("redis")
        import_module("redis.asyncio")
    except ImportError as missing:
        raise missing_package_error("RedisStore", missing.name, "circleci_v2[redis]") from missing
    return redis


class _RedisConnection:
    def __init__(self, url: str, timeout: float) -> None:
        redis = _import_redis()
        self._timeout = timeout
        self._error: type[Exception] = redis.RedisError
        # No retries: the client of CircleCI goes on without the store meanwhile.
        retry = redis.asyncio.retry.Retry(redis.backoff.NoBackoff(), 0)
        self._client: Any = redis.asyncio.Redis.from_url(url, decode_responses=True, max_connections=1, retry=retry)
        self._script: Any = self._client.register_script(_EXCHANGE)
        self._is_established = self._is_used = False

    async def exchange(self, key: str, *, epoch: str, position: int, entry: str, snapshot: str | None) -> StoreReply:
        if anyio.get_cancelled_exc_class() is not asyncio.CancelledError:
            msg = "RedisStore needs asyncio: on trio, use another store"
            raise StoreError(msg)
        self._is_used = True
        # The braces keep both keys on one node of a cluster.
        keys = [f"{{{key}}}:state", f"{{{key}}}:entries"]
        arguments = [epoch, position, entry, snapshot or "", uuid.uuid4().hex, _LIFETIME_MS]
        try:
            reply = await self._within_timeout(self._script(keys=keys, args=arguments))
        except (self._error, OSError, TimeoutError) as error:
            self._is_established = False
            # The messages of redis-py name the host, and never the password.
            msg = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            raise StoreError(msg) from error
        self._is_established = True
        now, known_epoch, snapshot_at, first, known_snapshot, is_appended, entries = reply
        return StoreReply(
            now=float(now),
            epoch=known_epoch,
            snapshot_at=snapshot_at,
            position=first,
            entries=tuple((float(stamp), text) for stamp, _, text in (item.partition(" ") for item in entries)),
            snapshot=known_snapshot or None,
            is_appended=bool(is_appended),
        )

    async def _within_timeout(self, script: Coroutine[Any, Any, Any]) -> Any:
        task = asyncio.create_task(script)
        seconds = self._timeout * (1 if self._is_established else _CONNECT_TIMEOUTS)
        try:
            # In several steps, because a busy event loop may find a timer expired before it looks at the response.
            for _ in range(_TIMEOUT_STEPS):
                if (await asyncio.wait([task], timeout=seconds / _TIMEOUT_STEPS))[0]:
                    return task.result()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait([task])
        msg = f"no response within {seconds:g} s"
        raise TimeoutError(msg)

    async def aclose(self) -> None:
        if self._is_used:
            await self._client.aclose()


@attrs.define
class _Log:
    epoch: str
    snapshot: str
    snapshot_at: int = 0
    base: int = 0
    entries: list[tuple[float, str]] = attrs.field(factory=list[tuple[float, str]])


class MemoryStore:
    """Shares rate limits between clients in one process; for tests, and on trio as well.

    Args:
        now: Returns the time in seconds. Default: `time.monotonic`.

    Attributes:
        error: Raised by each exchange instead of its result, to test an outage. Default: None.
        exchanges: The number of exchanges so far.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._logs: dict[str, _Log] = {}
        self.error: Exception | None = None
        self.exchanges = 0

    def connect(self) -> StoreConnection:
        """Return a connection."""
        return _MemoryConnection(self)

    def clear(self) -> None:
        """Forget everything, as a server that is restarted."""
        self._logs.clear()

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the logs."""
        return tuple(self._logs)

    def exchange(self, key: str, *, epoch: str, position: int, entry: str, snapshot: str | None) -> StoreReply:
        """Do what `StoreConnection.exchange` describes."""
        self.exchanges += 1
        if self.error is not None:
            raise self.error
        now, log = self._now(), self._logs.get(key)
        known_snapshot: str | None = None
        is_appended = True
        if log is None or (epoch == log.epoch and position > log.base + len(log.entries)):
            if snapshot is None:
                return StoreReply(now=now, epoch="")
            log, position = _Log(uuid.uuid4().hex, snapshot), 0
            self._logs[key] = log
        elif epoch != log.epoch or position < log.base:
            known_snapshot, position, is_appended = log.snapshot, log.snapshot_at, not epoch
        elif snapshot is not None and position > log.snapshot_at:
            del log.entries[: log.snapshot_at - log.base]
            log.base, log.snapshot_at, log.snapshot = log.snapshot_at, position, snapshot
        if is_appended:
            log.entries.append((now, entry))
        return StoreReply(
            now=now,
            epoch=log.epoch,
            snapshot_at=log.snapshot_at,
            position=position,
            entries=tuple(log.entries[position - log.base :]),
            snapshot=known_snapshot,
            is_appended=is_appended,
        )


class _MemoryConnection:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def exchange(self, key: str, *, epoch: str, position: int, entry: str, snapshot: str | None) -> StoreReply:
        return self._store.exchange(key, epoch=epoch, position=position, entry=entry, snapshot=snapshot)

    async def aclose(self) -> None:
        """Do nothing: the store has no connections."""
