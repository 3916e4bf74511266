"""Workflows that are run again: what they repeat, and what they keep."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from circleci_v2 import CircleCI
from circleci_v2.testing import FakeCircleCI, JobPlan

pytestmark = pytest.mark.anyio

PROJECT = "gh/acme/web"


@pytest.fixture
def fake() -> FakeCircleCI:
    return FakeCircleCI()


@pytest.fixture
async def circleci(fake: FakeCircleCI) -> AsyncIterator[CircleCI]:
    async with CircleCI(fake.token, transport=fake.transport()) as circleci:
        yield circleci


async def statuses(circleci: CircleCI, workflow: UUID) -> dict[str, str]:
    return {job.name: job.status async for job in circleci.workflows.list_jobs(workflow)}


async def test_a_rerun_that_has_nothing_to_repeat_ends_as_it_begins(circleci: CircleCI, fake: FakeCircleCI) -> None:
    pipeline = fake.add_pipeline(PROJECT, status="success")
    rerun = await circleci.workflows.rerun(pipeline.planned_workflows[0].id, from_failed=True)
    again = await circleci.workflows.get(rerun.workflow_id)
    assert (again.status, again.stopped_at) == ("success", again.created_at)


async def test_an_approval_that_nobody_gave_can_be_given_in_a_rerun_of_other_jobs(
    circleci: CircleCI, fake: FakeCircleCI
) -> None:
    jobs = [
        JobPlan(name="lint"),
        JobPlan(name="build"),
        JobPlan(name="hold", type="approval", requires=("build",)),
        JobPlan(name="deploy", requires=("hold",)),
    ]
    pipeline = fake.add_pipeline(PROJECT, status="on_hold", jobs=jobs)
    (workflow,) = pipeline.planned_workflows
    rerun = await circleci.workflows.rerun(workflow.id, jobs=[workflow.jobs[0].id])
    await fake.advance(3600)
    assert await statuses(circleci, rerun.workflow_id) == {
        "lint": "success",
        "build": "success",
        "hold": "on_hold",
        "deploy": "blocked",
    }

    hold = [job async for job in circleci.workflows.list_jobs(rerun.workflow_id) if job.name == "hold"]
    await circleci.workflows.approve(rerun.workflow_id, hold[0].approval_request_id)
    await fake.advance(3600)
    assert (await circleci.workflows.get(rerun.workflow_id)).status == "success"


async def test_the_newest_workflow_comes_first_also_while_time_stands_still(
    circleci: CircleCI, fake: FakeCircleCI
) -> None:
    fake.add_project(PROJECT)
    pipeline = await circleci.pipelines.trigger(PROJECT)
    original = (await circleci.pipelines.list_workflows(pipeline.id).collect())[0].id
    await circleci.workflows.cancel(original)
    rerun = await circleci.workflows.rerun(original)
    workflows = await circleci.pipelines.list_workflows(pipeline.id).collect()
    assert [workflow.id for workflow in workflows] == [rerun.workflow_id, original]
