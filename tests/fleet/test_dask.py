"""A crawl on real Dask workers: complete, resumable, and unharmed by a worker that is killed."""

from __future__ import annotations

import os
import signal
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import pytest

pytest.importorskip("distributed", reason="the extra `dask` is not installed")

import dask
from distributed import Client, LocalCluster

from circleci_v2 import CircleCI, ConfigurationError
from circleci_v2.fleet import MemoryStore, RedisStore, crawl_org_history
from circleci_v2.testing import FakeCircleCI, FakeRateLimit
from tests.fleet.datasets import everything_of, ids
from tests.fleet.redis_server import MISSING, RedisServer

pytestmark = pytest.mark.asyncio
PROJECTS = [f"gh/acme/service-{number}" for number in range(4)]


@asynccontextmanager
async def workers(count=2):
    """Worker processes, and a client of them."""
    async with (
        LocalCluster(
            n_workers=count, threads_per_worker=2, asynchronous=True, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
        Client(cluster, asynchronous=True) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def fake():
    fake = FakeCircleCI()
    for slug in PROJECTS:
        fake.add_seeded_project(slug, pipelines=40)
    return fake


@pytest.fixture
def crawl(fake):
    """The range of a crawl of all pipelines in windows of 30 days."""
    until = fake.clock.moment() + timedelta(seconds=1)
    return {"since": until - timedelta(days=60), "until": until, "every": timedelta(days=30)}


async def test_a_crawl_stores_every_record_once_and_a_second_one_sends_nothing(fake, crawl, tmp_path):
    progress = []
    async with fake.serve() as url, workers() as client:
        connect = partial(CircleCI, fake.token, base_url=url)
        report = await crawl_org_history(
            client,
            tmp_path,
            projects=PROJECTS,
            connect=connect,
            on_progress=lambda *args: progress.append(args),
            **crawl,
        )
        fake.journal.clear()
        again = await crawl_org_history(client, tmp_path, projects=PROJECTS, connect=connect, **crawl)
        assert len(fake.journal) == 0
        expected = await stored_at_circleci(connect)
        assert await client.run_on_scheduler(prefixes_of_tasks) == {"crawl_partition"}
    assert {kind: ids(tmp_path, kind) for kind in expected} == expected
    assert report.failures == again.failures == {}
    assert all(result.skipped for result in again.results)
    total = len(report.results)
    assert progress == [(done, total) for done in range(1, total + 1)]


async def test_a_killed_worker_loses_and_doubles_nothing(fake, crawl, tmp_path):
    killed = []
    async with fake.serve() as url, workers(3) as client:
        pids = await client.run(os.getpid)

        def kill_one(done, total):
            if done >= total // 3 and not killed:
                killed.append(next(iter(pids.values())))
                os.kill(killed[0], signal.SIGKILL)

        connect = partial(CircleCI, fake.token, base_url=url)
        report = await crawl_org_history(
            client, tmp_path, projects=PROJECTS, connect=connect, on_progress=kill_one, **crawl
        )
        expected = await stored_at_circleci(connect)
    assert killed
    assert report.failures == {}
    assert {kind: ids(tmp_path, kind) for kind in expected} == expected


async def test_a_partition_that_dask_gives_up_is_submitted_again(fake, crawl, tmp_path):
    killed = []
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
        async with fake.serve() as url, workers() as client:
            pids = await client.run(os.getpid)

            def kill_one(done, total):
                if not killed:
                    killed.append(next(iter(pids.values())))
                    os.kill(killed[0], signal.SIGKILL)

            connect = partial(CircleCI, fake.token, base_url=url)
            report = await crawl_org_history(
                client, tmp_path, projects=PROJECTS, connect=connect, on_progress=kill_one, **crawl
            )
            expected = await stored_at_circleci(connect)
            assert await client.run_on_scheduler(erred_tasks)
    assert report.failures == {}
    assert {kind: ids(tmp_path, kind) for kind in expected} == expected


async def test_a_project_that_fails_is_reported_and_the_others_are_complete(fake, crawl, tmp_path):
    async with fake.serve() as url, workers() as client:
        connect = partial(CircleCI, fake.token, base_url=url)
        report = await crawl_org_history(
            client, tmp_path, projects=[*PROJECTS, "gh/acme/gone"], connect=connect, **crawl
        )
        expected = await stored_at_circleci(connect)
    assert list(report.failures) == ["gh/acme/gone"]
    assert all("NotFoundError" in failure.error for failure in report.failures["gh/acme/gone"])
    assert {kind: ids(tmp_path, kind) for kind in expected} == expected


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
async def test_workers_share_the_budget_through_the_store(crawl, tmp_path):
    fake, redis = FakeCircleCI(), RedisServer()
    for slug in PROJECTS:
        fake.add_seeded_project(slug, pipelines=8)
    fake.faults.rate_limit = FakeRateLimit(60)
    redis.start()
    try:
        async with fake.serve() as url, workers() as client:
            connect = partial(CircleCI, fake.token, base_url=url)
            before = connections_to(redis)
            report = await crawl_org_history(
                client, tmp_path, projects=PROJECTS, connect=connect, store=RedisStore(redis.url), **crawl
            )
            assert connections_to(redis) >= before + 1 + 2  # this one, and one of each worker
            assert redis.scripts_run() > 0
            fake.faults.rate_limit = None
            expected = await stored_at_circleci(connect)
    finally:
        redis.close()
    assert report.failures == {}
    assert {kind: ids(tmp_path, kind) for kind in expected} == expected


def connections_to(redis):
    (line,) = (line for line in redis.command("INFO", "stats").splitlines() if "total_connections_received" in line)
    return int(line.partition(":")[2])


async def test_a_store_in_the_memory_of_one_process_is_rejected(tmp_path, crawl):
    class Asynchronous:
        asynchronous = True

    with pytest.raises(ConfigurationError, match="RedisStore"):
        await crawl_org_history(Asynchronous(), tmp_path, projects=PROJECTS, store=MemoryStore(), **crawl)


async def test_a_synchronous_dask_client_is_rejected(tmp_path, crawl):
    class Synchronous:
        asynchronous = False

    with pytest.raises(ConfigurationError, match="asynchronous=True"):
        await crawl_org_history(Synchronous(), tmp_path, projects=PROJECTS, **crawl)


def prefixes_of_tasks(dask_scheduler):
    return set(dask_scheduler.task_prefixes)


def erred_tasks(dask_scheduler):
    return [transition.key for transition in dask_scheduler.transition_log if transition.finish == "erred"]


async def stored_at_circleci(connect):
    async with connect() as circleci:
        return await everything_of(circleci, PROJECTS)
