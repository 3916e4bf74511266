"""Stores: the log that processes share, in memory and in a real Redis that is killed, suspended and emptied."""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from functools import partial

import anyio
import httpx
import pytest
import pytest_asyncio

from circleci_v2 import CircleCI, ConfigurationError, RateLimitPolicy, StoreError
from circleci_v2.events import Event, StoreEvent
from circleci_v2.fleet import MemoryStore, RedisStore
from circleci_v2.policies import Store, StoreConnection, StoreReply
from tests.fleet.redis_server import MISSING, RedisServer
from tests.loopback import Received, Reply, serving

pytestmark = pytest.mark.asyncio

needs_redis = pytest.mark.skipif(bool(MISSING), reason=MISSING)


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    server = RedisServer()
    yield server
    server.close()


@pytest.fixture
def redis(server: RedisServer) -> RedisServer:
    """A server with an empty memory."""
    server.kill()
    server.start()
    return server


@pytest.fixture(params=["memory", pytest.param("redis", marks=needs_redis)])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        return MemoryStore()
    return RedisStore(request.getfixturevalue("redis").url, timeout=5.0)


@pytest_asyncio.fixture
async def connection(store: Store) -> AsyncIterator[StoreConnection]:
    connection = store.connect()
    yield connection
    await connection.aclose()


async def append(
    connection: StoreConnection, entry: str, *, epoch: str = "", position: int = 0, snapshot: str | None = None
) -> StoreReply:
    return await connection.exchange("key", epoch=epoch, position=position, entry=entry, snapshot=snapshot)


def texts(reply: StoreReply) -> list[str]:
    return [text for _, text in reply.entries]


async def test_a_log_begins_with_a_snapshot_only(connection: StoreConnection):
    nothing = await append(connection, "a")
    assert (nothing.epoch, nothing.is_appended) == ("", False)
    begun = await append(connection, "a", snapshot="state")
    assert begun.epoch
    assert begun.is_appended
    assert begun.snapshot is None
    assert texts(begun) == ["a"]
    assert begun.entries[0][0] == pytest.approx(begun.now, abs=0.01)


async def test_a_process_that_joins_gets_the_snapshot_and_all_entries(connection: StoreConnection):
    begun = await append(connection, "a", snapshot="state")
    joined = await append(connection, "b", snapshot="other")
    assert (joined.epoch, joined.position, joined.snapshot, texts(joined)) == (begun.epoch, 0, "state", ["a", "b"])


async def test_a_process_gets_the_entries_since_its_last_one_in_the_order_of_the_store(connection: StoreConnection):
    begun = await append(connection, "a", snapshot="state")
    for entry in ("b", "c"):
        await append(connection, entry)
    reply = await append(connection, "d e\nf", epoch=begun.epoch, position=1)
    assert (reply.position, texts(reply), reply.snapshot) == (1, ["b", "c", "d e\nf"], None)
    assert [at for at, _ in reply.entries] == sorted(at for at, _ in reply.entries)


async def test_a_snapshot_removes_the_entries_before_the_last_one(connection: StoreConnection):
    epoch = (await append(connection, "0", snapshot="s0")).epoch
    for number in range(1, 9):
        snapshot = f"s{number}" if number % 3 == 0 else None
        reply = await append(connection, str(number), epoch=epoch, position=number, snapshot=snapshot)
        assert texts(reply) == [str(number)]
        assert reply.snapshot_at == number // 3 * 3
    behind = await append(connection, "9", epoch=epoch, position=4)
    assert texts(behind) == ["4", "5", "6", "7", "8", "9"]
    too_late = await append(connection, "x", epoch=epoch, position=1)
    assert (too_late.snapshot, texts(too_late), too_late.is_appended) == ("s6", ["6", "7", "8", "9"], False)
    older = await append(connection, "10", epoch=epoch, position=5, snapshot="s5")
    assert older.snapshot_at == 6


async def test_another_epoch_is_not_appended_to(connection: StoreConnection):
    epoch = (await append(connection, "a", snapshot="state")).epoch
    reply = await append(connection, "b", epoch="another", position=1)
    assert (reply.epoch, reply.is_appended, reply.snapshot, texts(reply)) == (epoch, False, "state", ["a"])


async def test_a_log_that_lost_entries_begins_anew(connection: StoreConnection):
    epoch = (await append(connection, "a", snapshot="state")).epoch
    assert (await append(connection, "b", epoch=epoch, position=7)).epoch == ""
    anew = await append(connection, "b", epoch=epoch, position=7, snapshot="mine")
    assert anew.epoch not in {"", epoch}
    assert (anew.position, texts(anew)) == (0, ["b"])


@pytest.mark.parametrize("url", ["http://localhost", "localhost:6379", ""])
async def test_the_url_of_a_redis_store_is_checked(url: str):
    with pytest.raises(ConfigurationError, match=r"pass redis://host:6379/0"):
        RedisStore(url)


async def test_the_timeout_of_a_redis_store_is_checked():
    with pytest.raises(ConfigurationError, match=r"timeout=0 must be above 0"):
        RedisStore("redis://localhost", timeout=0)


async def test_a_redis_store_can_be_sent_to_workers_and_shows_no_password():
    store = RedisStore("redis://:secret@localhost:6379/0")
    assert pickle.loads(pickle.dumps(store)) == store
    assert "secret" not in repr(store)


async def test_a_server_that_is_not_there_is_a_store_error():
    with pytest.raises(StoreError, match="ConnectionError"):
        await append(RedisStore("redis://:secret@127.0.0.1:9/0").connect(), "a", snapshot="state")


@needs_redis
async def test_a_server_that_does_not_respond_is_a_store_error_within_the_timeout(redis: RedisServer):
    connection = RedisStore(redis.url, timeout=0.1).connect()
    redis.suspend()
    try:
        with pytest.raises(StoreError, match=r"TimeoutError: no response within 0.4 s"):
            await append(connection, "a", snapshot="state")
    finally:
        redis.resume()
        await connection.aclose()


@needs_redis
async def test_keys_expire_and_share_a_slot_of_a_cluster(redis: RedisServer):
    connection = RedisStore(redis.url, timeout=5.0).connect()
    await append(connection, "a", snapshot="state")
    keys = {word for word in redis.command("KEYS", "*").split() if word[0] not in "*$"}
    assert keys == {"{key}:state", "{key}:entries"}
    for key in ("{key}:state", "{key}:entries"):
        assert 0 < int(redis.command("PTTL", key).removeprefix(":")) <= 2 * 3600 * 1000
    await connection.aclose()


@needs_redis
async def test_a_connection_is_established_again_after_the_server_was_restarted(redis: RedisServer):
    connection = RedisStore(redis.url, timeout=5.0).connect()
    epoch = (await append(connection, "a", snapshot="state")).epoch
    redis.kill()
    with pytest.raises(StoreError):
        await append(connection, "b", epoch=epoch, position=1)
    redis.start()
    assert (await append(connection, "b", epoch=epoch, position=1)).epoch == ""
    await connection.aclose()


# CircleCI itself, with clients on real event loops.


def client(url: str, changes: list[StoreEvent]) -> CircleCI:
    def on_event(event: Event) -> None:
        if isinstance(event, StoreEvent):
            changes.append(event)

    policy = RateLimitPolicy(store=RedisStore(url, timeout=1.0))
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, json={"id": "x"}))
    return CircleCI("a-token", rate_limit=policy, transport=transport, on_event=on_event)


@needs_redis
async def test_calls_go_on_when_the_server_is_killed_and_share_again_when_it_is_back(
    redis: RedisServer, caplog: pytest.LogCaptureFixture
):
    changes: list[StoreEvent] = []
    async with client(redis.url, changes) as circleci:
        await circleci.request("GET", "/me")
        assert "a-token" not in redis.command("KEYS", "*")
        assert redis.scripts_run() > 0
        redis.kill()
        while not changes:
            await circleci.request("GET", "/me")
            await asyncio.sleep(0)  # a mock transport does not wait for anything
        await circleci.request("GET", "/me")
        redis.start()
        while len(changes) < 2:
            await circleci.request("GET", "/me")
            await asyncio.sleep(0)
        assert redis.scripts_run() > 0
    assert [event.available for event in changes] == [False, True]
    assert changes[0].error is not None
    assert changes[0].error.startswith("StoreError: ConnectionError")
    assert len([record for record in caplog.records if record.levelno == logging.WARNING]) == 2


@needs_redis
async def test_a_client_of_trio_cannot_use_redis(redis: RedisServer):
    changes: list[StoreEvent] = []

    async def main() -> None:
        async with client(redis.url, changes) as circleci:
            await circleci.request("GET", "/me")

    await anyio.to_thread.run_sync(partial(anyio.run, main, backend="trio"))
    assert [change.error for change in changes] == ["StoreError: RedisStore needs asyncio: on trio, use another store"]


WORKER = """
import asyncio, sys
from circleci_v2 import CircleCI, RateLimitPolicy, RetryPolicy
from circleci_v2.fleet import RedisStore

async def main(url, store, calls):
    policy = RateLimitPolicy(store=RedisStore(store, timeout=5.0))
    retry = RetryPolicy(max_retries=100, deadline=None)
    async with CircleCI("a-token", base_url=url, rate_limit=policy, retry=retry) as circleci:
        async for outcome in circleci.map(lambda _: circleci.request("GET", "/me"), range(calls)):
            outcome.result
            print("done", flush=True)

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


@needs_redis
async def test_worker_processes_share_a_limit_and_survive_the_death_of_one(redis: RedisServer):
    tokens, updated_at, accepted = 20.0, 0.0, 0

    def limited(_request: Received) -> Reply:
        nonlocal tokens, updated_at, accepted
        now = time.monotonic()
        tokens, updated_at = min(20.0, tokens + 40 * (now - updated_at)), now
        is_accepted = tokens >= 1
        tokens -= is_accepted
        accepted += is_accepted
        headers = {"RateLimit-Limit": "20", "RateLimit-Remaining": str(int(tokens)), "RateLimit-Reset": "1"}
        if not is_accepted:
            return Reply(status=429, headers={**headers, "Retry-After": "1"})
        return Reply(body=b'{"id": "x"}', headers={**headers, "Content-Type": "application/json"})

    with serving(limited) as server:
        arguments = [sys.executable, "-c", WORKER, f"{server.url}/api/v2", redis.url]
        workers = [
            await asyncio.create_subprocess_exec(*arguments, str(calls), stdout=subprocess.PIPE)
            for calls in (10_000, 60, 60)
        ]
        dying = workers[0]
        assert dying.stdout is not None
        for _ in range(10):
            await dying.stdout.readline()
        os.kill(dying.pid, signal.SIGKILL)
        outputs = [(await worker.communicate())[0] for worker in workers[1:]]
        await dying.wait()
        await dying.stdout.read()
    assert [output.split() for output in outputs] == [[b"done"] * 60] * 2
    assert [worker.returncode for worker in workers[1:]] == [0, 0]
    assert accepted >= 130
    assert redis.scripts_run() > 0
