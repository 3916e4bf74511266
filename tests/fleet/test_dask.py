"""A crawl on real Dask workers: complete, resumable, and unharmed by a worker that is killed."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest

pytest.importorskip("distributed", reason="the extra `dask` is not installed")

from distributed import Client, LocalCluster

from circleci_v2 import CircleCI, ConfigurationError
from circleci_v2.fleet import crawl_org_history
from circleci_v2.testing import FakeCircleCI
from tests.fleet.datasets import ids

pytestmark = pytest.mark.asyncio
PROJECTS = [f"gh/acme/service-{number}" for number in range(4)]


@pytest.fixture(scope="module")
def fake():
    fake = FakeCircleCI()
    for slug in PROJECTS:
        fake.add_seeded_project(slug, pipelines=40)
    return fake


async def test_a_crawl_stores_every_record_once_and_a_second_one_skips_all(fake, tmp_path):
    until = fake.clock.moment()
    options = {"since": until - timedelta(days=60), "until": until, "every": timedelta(days=30)}
    async with fake.serve() as url, cluster() as client:
        connect = partial(CircleCI, fake.token, base_url=url)
        fake.journal.clear()
        seen = []
        report = await crawl_org_history(
            client, PROJECTS, tmp_path, connect=connect, on_progress=lambda *progress: seen.append(progress), **options
        )
        first = len(fake.journal)
        again = await crawl_org_history(client, PROJECTS, tmp_path, connect=connect, **options)
        expected = await pipelines_at_circleci(connect)
    assert report.failures == {} and again.failures == {}
    assert ids(tmp_path, "pipelines") == expected
    assert sum(result.rows["pipelines"] for result in report.results) == len(expected)
    assert seen[-1] == (len(report.results), len(report.results))
    print(first, [(r.skipped, r.unfinished, r.rows) for r in again.results])


def cluster():
    return _Cluster()


class _Cluster:
    async def __aenter__(self):
        self._cluster = await LocalCluster(
            n_workers=2, threads_per_worker=2, processes=True, asynchronous=True, dashboard_address=None, host="127.0.0.1"
        )
        self._client = await Client(self._cluster, asynchronous=True)
        return self._client

    async def __aexit__(self, *_):
        await self._client.close()
        await self._cluster.close()


async def pipelines_at_circleci(connect):
    async with connect() as circleci:
        return Counter(
            [
                str(pipeline.id)
                for slug in PROJECTS
                for pipeline in await circleci.pipelines.list_for_project(slug).collect()
            ]
        )
