"""The rows "Approvals and reruns" of the guide: refused reruns, and declining an approval by canceling its job."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from circleci_v2 import BadRequestError, CircleCI
from circleci_v2.testing import FakeCircleCI, JobPlan, WorkflowPlan
from tests.testing.live import http_of

pytestmark = pytest.mark.anyio

PROJECT = "gh/acme/web"
DAY = 24 * 3600


@pytest.fixture
def fake() -> FakeCircleCI:
    return FakeCircleCI()


@pytest.fixture
async def circleci(fake: FakeCircleCI) -> AsyncIterator[CircleCI]:
    async with CircleCI(fake.token, transport=fake.transport()) as circleci:
        yield circleci


@pytest.mark.parametrize("status", ["running", "on_hold"])
async def test_a_workflow_in_progress_cannot_be_rerun(circleci: CircleCI, fake: FakeCircleCI, status: str) -> None:
    pipeline = fake.add_pipeline(PROJECT, status="running" if status == "running" else "on_hold")
    (workflow,) = pipeline.planned_workflows
    with pytest.raises(BadRequestError, match="must be in a terminal state to be rerun"):
        await circleci.workflows.rerun(workflow.id)
    await circleci.workflows.cancel(workflow.id)
    await circleci.workflows.rerun(workflow.id)


@pytest.mark.parametrize("outcome", ["success", "failed"])
async def test_a_setup_workflow_cannot_be_rerun(circleci: CircleCI, fake: FakeCircleCI, outcome: str) -> None:
    generate = JobPlan(name="generate", outcome="success" if outcome == "success" else "failed")
    setup = WorkflowPlan(name="setup", tag="setup", jobs=(generate,))
    fake.add_project(PROJECT, workflows=[setup, WorkflowPlan(name="build", jobs=("build",))])
    pipeline = await circleci.pipelines.trigger(PROJECT)
    await fake.advance(DAY)
    workflows = await circleci.pipelines.list_workflows(pipeline.id).collect()
    for options in ({}, {"from_failed": True}):
        with pytest.raises(BadRequestError, match="Setup workflows cannot be rerun: trigger a new pipeline"):
            await circleci.workflows.rerun(workflows[-1].id, **options)
    assert await circleci.pipelines.list_workflows(pipeline.id).collect() == workflows


async def test_a_workflow_cannot_be_rerun_after_90_days(circleci: CircleCI, fake: FakeCircleCI) -> None:
    fake.add_project(PROJECT)
    pipeline = await circleci.pipelines.trigger(PROJECT)
    (workflow,) = await circleci.pipelines.list_workflows(pipeline.id).collect()
    await fake.advance(90 * DAY)
    again = await circleci.workflows.rerun(workflow.id)
    await fake.advance(1)
    with pytest.raises(BadRequestError, match="older than 90 days cannot be rerun"):
        await circleci.workflows.rerun(workflow.id)
    await fake.advance(DAY)
    await circleci.workflows.rerun(again.workflow_id)


async def test_canceling_the_job_of_an_approval_declines_it_and_the_rest_goes_on(
    circleci: CircleCI, fake: FakeCircleCI
) -> None:
    jobs = [
        JobPlan(name="hold", type="approval"),
        JobPlan(name="deploy", requires=("hold",)),
        JobPlan(name="lint", seconds=60),
    ]
    fake.add_project(PROJECT, workflows=[WorkflowPlan(name="release", jobs=jobs)])
    pipeline = await circleci.pipelines.trigger(PROJECT)
    (workflow,) = await circleci.pipelines.list_workflows(pipeline.id).collect()
    hold, _, _ = await circleci.workflows.list_jobs(workflow.id).collect()
    await circleci.jobs.cancel(hold.id)
    await fake.advance(3600)
    statuses = {job.name: job.status async for job in circleci.workflows.list_jobs(workflow.id)}
    assert statuses == {"hold": "canceled", "deploy": "blocked", "lint": "success"}
    assert (await circleci.workflows.get(workflow.id)).status == "canceled"


def test_only_times_of_workflows_and_their_jobs_have_no_milliseconds() -> None:
    fake = FakeCircleCI()
    pipeline = fake.add_pipeline(PROJECT)
    with http_of(fake) as http:
        (workflow,) = http.get(f"/pipeline/{pipeline.id}/workflow").json()["items"]
        job = http.get(f"/workflow/{workflow['id']}/job").json()["items"][0]
        details = http.get(f"/project/{PROJECT}/job/{job['job_number']}").json()
        shown = http.get(f"/pipeline/{pipeline.id}").json()
    short, long = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    for text in (workflow["created_at"], workflow["stopped_at"], job["started_at"], job["stopped_at"]):
        assert re.fullmatch(short, text)
    for text in (shown["created_at"], details["started_at"], details["stopped_at"], details["queued_at"]):
        assert re.fullmatch(long, text)
