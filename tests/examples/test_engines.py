"""The examples for Ray and Prefect, which run where these are installed: `make test-engines`."""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from circleci_v2 import CircleCI
from circleci_v2.fleet import partitions
from circleci_v2.testing import FakeCircleCI
from tests.fleet.datasets import everything_of, ids

pytestmark = pytest.mark.filterwarnings("ignore")  # those of the engines
PROJECTS = ["gh/acme/web", "gh/acme/api"]
NO_PROJECT = "gh/acme/gone"


class Killing(FakeCircleCI):
    """A fake that kills one of the actors that send requests to it, in the middle of the crawl."""

    url = ""
    killed: int | None = None

    def handle(self, request):
        if self.url and self.killed is None and len(self.journal) == 40:
            self.killed = next(int(pid.name) for pid in Path("/proc").glob("[0-9]*") if self._sends(pid))
            os.kill(self.killed, signal.SIGKILL)
        return super().handle(request)

    def _sends(self, pid):
        try:
            name, environment = (pid / "cmdline").read_bytes(), (pid / "environ").read_bytes()
        except OSError:
            return False
        return name.startswith(b"ray::Crawler") and self.url.encode() in environment


@pytest.fixture
def fake(monkeypatch):
    fake = Killing()
    for slug in PROJECTS:
        fake.add_seeded_project(slug, pipelines=30)
    with fake.serve() as url:
        monkeypatch.setenv("CIRCLE_TOKEN", fake.token)
        monkeypatch.setenv("CIRCLECI_BASE_URL", url)
        yield fake


def dates_of(fake):
    until = fake.clock.moment()
    return until - timedelta(days=30), until


async def expected(fake):
    async with CircleCI(fake.token, transport=fake.transport()) as circleci:
        return await everything_of(circleci, PROJECTS)


@pytest.mark.asyncio
async def test_ray_crawls_each_partition_once_although_an_actor_is_killed(fake, tmp_path):
    ray = pytest.importorskip("ray", reason="Ray is not installed; make test-engines installs it")
    from examples.crawl_with_ray import crawl

    since, until = dates_of(fake)
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        parts = partitions([*PROJECTS, NO_PROJECT], since=since, until=until)
        fake.url = os.environ["CIRCLECI_BASE_URL"]
        results = crawl(parts, str(tmp_path), actors=2)
    finally:
        ray.shutdown()
    assert fake.killed
    failures = [result for result in results if isinstance(result, str)]
    assert all("gone" in failure and "not found" in failure.lower() for failure in failures)
    assert len(failures) == len(parts) // 3
    stored = await expected(fake)
    assert {kind: ids(tmp_path, kind) for kind in stored} == stored


@pytest.mark.asyncio
async def test_prefect_crawls_each_partition_and_returns_those_that_failed(fake, tmp_path):
    pytest.importorskip("prefect", reason="Prefect is not installed; make test-engines installs it")
    from prefect.testing.utilities import prefect_test_harness

    from examples.crawl_with_prefect import crawl, crawl_projects

    since, until = dates_of(fake)
    crawl.retries = 0
    with prefect_test_harness():
        failed = crawl_projects(str(tmp_path), [*PROJECTS, NO_PROJECT], since, until)
    assert failed
    assert all("gone" in path for path in failed)
    stored = await expected(fake)
    assert {kind: ids(tmp_path, kind) for kind in stored} == stored
