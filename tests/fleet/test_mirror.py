"""Mirror: complete, current, and cheap to repeat."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from circleci_v2 import CircleCI, RetryPolicy
from circleci_v2.testing import FakeCircleCI
from tests.fleet.datasets import Interrupted, column, ids, mirrored

pytestmark = pytest.mark.anyio
SLUG = "gh/acme/web"


async def stored_at_circleci(fake, slug=SLUG):
    """All pipelines, workflows and jobs, by plain calls."""
    async with CircleCI(fake.token, transport=fake.transport()) as circleci:
        pipelines = await circleci.pipelines.list_for_project(slug).collect()
        workflows = [w for p in pipelines for w in await circleci.pipelines.list_workflows(p.id).collect()]
        jobs = [j for w in workflows for j in await circleci.workflows.list_jobs(w.id).collect()]
    return {
        "pipelines": Counter(str(one.id) for one in pipelines),
        "workflows": Counter(str(one.id) for one in workflows),
        "jobs": Counter(str(one.id) for one in jobs),
    }


async def test_a_first_run_stores_every_record_once(tmp_path):
    fake = FakeCircleCI.seeded(pipelines=90)
    report = await mirrored(fake, tmp_path)
    assert report.errors == {}
    assert report.added == 90
    expected = await stored_at_circleci(fake)
    assert {kind: ids(tmp_path, kind) for kind in expected} == expected


async def test_a_run_without_changes_lists_one_page_and_writes_nothing(tmp_path):
    fake = FakeCircleCI.seeded(pipelines=60)
    await mirrored(fake, tmp_path)
    fake.clock.advance(timedelta(days=100).total_seconds())
    await mirrored(fake, tmp_path)
    before = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.parquet")}
    fake.journal.clear()
    report = await mirrored(fake, tmp_path)
    assert (report.added, report.refreshed) == (0, 0)
    assert len(fake.journal) <= 2
    assert {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.parquet")} == before


async def test_a_second_run_costs_calls_in_proportion_to_the_change(tmp_path):
    fake = FakeCircleCI.seeded(pipelines=300)
    fake.clock.advance(timedelta(days=100).total_seconds())
    await mirrored(fake, tmp_path)
    for _ in range(10):
        fake.clock.advance(60)
        fake.add_pipeline(SLUG)
    fake.clock.advance(timedelta(hours=2).total_seconds())
    fake.journal.clear()
    report = await mirrored(fake, tmp_path)
    assert report.added == 10
    needed = 10 * 2  # one list of workflows, and one list of jobs for the only workflow
    assert len(fake.journal) <= 2 * needed
    expected = await stored_at_circleci(fake)
    assert {kind: ids(tmp_path, kind) for kind in expected} == expected


async def test_pipelines_in_progress_are_fetched_again_until_they_have_ended(tmp_path):
    fake = FakeCircleCI()
    fake.add_pipeline(SLUG)
    fake.clock.advance(3600)
    fake.add_pipeline(SLUG, status="running")
    report = await mirrored(fake, tmp_path)
    assert [project.unfinished for project in report.projects] == [1]
    assert column(tmp_path, "workflows", "workflow_status") == ["running", "success"]
    fake.clock.advance(timedelta(days=2).total_seconds())
    report = await mirrored(fake, tmp_path)
    assert (report.added, report.refreshed) == (0, 1)
    assert [project.unfinished for project in report.projects] == [0]
    assert "running" not in column(tmp_path, "workflows", "workflow_status")
    expected = await stored_at_circleci(fake)
    assert {kind: ids(tmp_path, kind) for kind in expected} == expected


async def test_a_run_that_was_interrupted_is_completed_by_the_next(tmp_path):
    fake = FakeCircleCI.seeded(pipelines=120)
    for calls in (40, 150, 290):
        fake.journal.clear()
        interrupted = Interrupted(fake, after=calls)
        async with CircleCI(fake.token, transport=interrupted, retry=RetryPolicy(max_retries=0)) as circleci:
            report = await mirrored(fake, tmp_path, circleci=circleci)
        assert list(report.errors) == [SLUG]
    report = await mirrored(fake, tmp_path)
    assert report.errors == {}
    expected = await stored_at_circleci(fake)
    assert {kind: ids(tmp_path, kind) for kind in expected} == expected
