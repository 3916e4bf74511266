"""The demonstration of a fleet: complete, bounded in time, and safe to print."""

from __future__ import annotations

import pytest

from circleci_v2.testing import FakeCircleCI
from circleci_v2.testing.state.plans import JobPlan
from tests.fleet.datasets import mirrored
from tests.fleet.redis_server import MISSING
from tools import demo_fleet

pytestmark = pytest.mark.asyncio
SMALL = demo_fleet.Demo(workers=2, pipelines=4, rate=200)


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
async def test_nothing_is_lost_or_doubled_although_a_worker_is_killed(capsys):
    assert await demo_fleet.main(SMALL) == 0
    printed = capsys.readouterr().out
    assert "through a redis-server" in printed
    assert "Killed worker process" in printed
    assert "24 pipelines are in the files: 0 lost, 0 doubled." in printed
    assert "gh/acme/payments" in printed


async def test_without_redis_it_says_so_and_goes_on(capsys, monkeypatch):
    monkeypatch.setattr(demo_fleet, "MISSING", "redis-server is not installed")
    assert await demo_fleet.main(SMALL) == 0
    assert "redis-server is not installed, so each worker learns the rate limit alone." in capsys.readouterr().out


async def test_it_ends_in_time(capsys):
    assert await demo_fleet.main(demo_fleet.Demo(workers=1, pipelines=1, seconds=0.0)) == 1
    assert "did not end within 0 s" in capsys.readouterr().err


async def test_names_of_jobs_are_printed_with_escapes_and_a_lost_pipeline_is_a_failure(capsys, tmp_path):
    fake = FakeCircleCI()
    fake.add_pipeline("gh/acme/web", jobs=[JobPlan("bui\x1b[31mld")])
    fake.clock.advance(3600)
    await mirrored(fake, tmp_path)
    assert demo_fleet.show_dataset(fake, tmp_path)
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert r"bui\x1b[31mld" in printed
    fake.add_pipeline("gh/acme/web")
    assert not demo_fleet.show_dataset(fake, tmp_path)
    assert "1 lost, 0 doubled" in capsys.readouterr().out
