"""Dynamic configuration and reruns: which workflows follow a setup workflow, and which jobs a rerun repeats; pipelines with
a given status."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from circleci_v2 import CircleCI, NotFoundError
from circleci_v2.testing import FakeCircleCI, JobPlan, WorkflowPlan

pytestmark = pytest.mark.anyio

PROJECT = "gh/acme/web"
GENERATE = JobPlan(name="generate", seconds=30)
HOLD = JobPlan(name="hold", type="approval", requires=("generate",))
FAILING = JobPlan(name="generate", seconds=30, outcome="failed")


@pytest.fixture
def fake() -> FakeCircleCI:
    return FakeCircleCI()


@pytest.fixture
async def circleci(fake: FakeCircleCI) -> AsyncIterator[CircleCI]:
    async with CircleCI(fake.token, transport=fake.transport()) as circleci:
        yield circleci


async def triggered(circleci: CircleCI, fake: FakeCircleCI, *setup: JobPlan, follows: bool = True) -> UUID:
    plans = [WorkflowPlan(name="setup", tag="setup", jobs=setup), WorkflowPlan(name="build", jobs=("build",))]
    fake.add_project(PROJECT, workflows=plans if follows else plans[:1])
    return (await circleci.pipelines.trigger(PROJECT)).id


async def workflows_of(circleci: CircleCI, pipeline: UUID) -> list[tuple[str, str]]:
    """The name and the status of each, the oldest first."""
    newest_first = await circleci.pipelines.list_workflows(pipeline).collect()
    return [(workflow.name, workflow.status) for workflow in reversed(newest_first)]


async def setup_of(circleci: CircleCI, pipeline: UUID) -> UUID:
    return (await circleci.pipelines.list_workflows(pipeline).collect())[-1].id


async def approve(circleci: CircleCI, workflow: UUID) -> None:
    jobs = await circleci.workflows.list_jobs(workflow).collect()
    await circleci.workflows.approve(workflow, jobs[-1].approval_request_id)


async def test_nothing_follows_a_setup_that_was_canceled(circleci: CircleCI, fake: FakeCircleCI) -> None:
    pipeline = await triggered(circleci, fake, GENERATE)
    await fake.advance(10)
    await circleci.workflows.cancel(await setup_of(circleci, pipeline))
    await fake.advance(3600)
    assert await workflows_of(circleci, pipeline) == [("setup", "canceled")]
    assert (await circleci.pipelines.get(pipeline)).state == "setup"


async def test_nothing_follows_a_setup_whose_job_was_canceled(circleci: CircleCI, fake: FakeCircleCI) -> None:
    pipeline = await triggered(circleci, fake, GENERATE)
    await fake.advance(10)
    await circleci.jobs.cancel_by_number(PROJECT, 1)
    await fake.advance(3600)
    assert await workflows_of(circleci, pipeline) == [("setup", "canceled")]


async def test_a_setup_goes_on_when_it_is_approved(circleci: CircleCI, fake: FakeCircleCI) -> None:
    pipeline = await triggered(circleci, fake, GENERATE, HOLD)
    await fake.advance(3600)
    assert await workflows_of(circleci, pipeline) == [("setup", "on_hold")]
    await approve(circleci, await setup_of(circleci, pipeline))
    assert await workflows_of(circleci, pipeline) == [("setup", "success"), ("build", "running")]
    assert (await circleci.pipelines.get(pipeline)).state == "created"


async def test_a_pipeline_is_continued_only_while_its_setup_can_succeed(circleci: CircleCI, fake: FakeCircleCI) -> None:
    identifier = await triggered(circleci, fake, GENERATE, HOLD, follows=False)
    pipeline = fake.state.pipeline(str(identifier))
    await fake.advance(3600)
    assert pipeline.continuation_key is None

    setup = await setup_of(circleci, identifier)
    await approve(circleci, setup)
    key = pipeline.continuation_key
    assert key is not None
    await circleci.pipelines.continue_(continuation_key=key, configuration="version: 2.1")
    assert pipeline.continuation_key is None


async def test_no_key_continues_a_pipeline_whose_setup_was_canceled(circleci: CircleCI, fake: FakeCircleCI) -> None:
    identifier = await triggered(circleci, fake, GENERATE, follows=False)
    key = fake.state.pipeline(str(identifier)).continuation_key
    assert key is not None
    await circleci.workflows.cancel(await setup_of(circleci, identifier))
    with pytest.raises(NotFoundError, match="No pipeline can be continued"):
        await circleci.pipelines.continue_(continuation_key=key, configuration="version: 2.1")


async def test_what_follows_stays_when_a_job_of_the_setup_is_canceled_that_never_runs(
    circleci: CircleCI, fake: FakeCircleCI
) -> None:
    notify = JobPlan(name="notify", requires={"generate": ["failed"]})
    pipeline = await triggered(circleci, fake, GENERATE, notify)
    await fake.advance(40)
    jobs = await circleci.workflows.list_jobs(await setup_of(circleci, pipeline)).collect()
    await circleci.jobs.cancel(jobs[1].id)
    await fake.advance(3600)
    assert await workflows_of(circleci, pipeline) == [("setup", "success"), ("build", "success")]


async def statuses(circleci: CircleCI, workflow: UUID) -> dict[str, str]:
    return {job.name: job.status async for job in circleci.workflows.list_jobs(workflow)}


async def test_a_rerun_that_has_nothing_to_repeat_ends_as_it_begins(circleci: CircleCI, fake: FakeCircleCI) -> None:
    pipeline = fake.add_pipeline(PROJECT, status="success")
    rerun = await circleci.workflows.rerun(pipeline.planned_workflows[0].id, from_failed=True)
    again = await circleci.workflows.get(rerun.workflow_id)
    assert (again.status, again.stopped_at) == ("success", again.created_at)


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


@pytest.mark.parametrize("status", ["success", "failed", "canceled", "running", "on_hold"])
@pytest.mark.parametrize("jobs", [None, ["build"], ["build", "test", "deploy"]])
def test_a_pipeline_is_in_the_wanted_status_now(status: str, jobs: list[str] | None) -> None:
    fake = FakeCircleCI()
    pipeline = fake.add_pipeline("gh/acme/web", status=status, jobs=jobs)
    now = fake.clock.now()
    assert [workflow.status(now) for workflow in pipeline.workflows(now)] == [status]
    assert pipeline.state(now) == "created"


def test_an_errored_pipeline_has_errors_and_no_workflow() -> None:
    fake = FakeCircleCI()
    pipeline = fake.add_pipeline("gh/acme/web", status="errored")
    assert pipeline.state(fake.clock.now()) == "errored"
    assert pipeline.errors
    assert pipeline.workflows(fake.clock.now()) == []


def test_a_running_pipeline_ends_when_time_passes() -> None:
    fake = FakeCircleCI()
    pipeline = fake.add_pipeline("gh/acme/web", status="running")
    fake.clock.advance(3600)
    assert pipeline.workflows(fake.clock.now())[0].status(fake.clock.now()) == "success"


def test_job_names_alone_run_one_after_the_other() -> None:
    pipeline = FakeCircleCI().add_pipeline("gh/acme/web", jobs=["build", "test"])
    build, test = pipeline.planned_workflows[0].jobs
    assert test.dependencies == (build,)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"jobs": ["a"], "workflows": []}, "both given"),
        ({"branch": "main", "tag": "v1"}, "one of them"),
        ({"jobs": []}, "needs a job"),
        ({"jobs": [JobPlan(name="a", outcome="failed")]}, "contradicts the plan"),
        ({"jobs": [JobPlan(name="a", type="approval")]}, "contradicts the plan"),
        ({"status": "running", "jobs": [JobPlan(name="a", type="approval")]}, "needs a job that runs"),
    ],
)
def test_contradictory_arguments_are_an_error(arguments: dict[str, object], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        FakeCircleCI().add_pipeline("gh/acme/web", **arguments)


@pytest.mark.parametrize("slug", ["gh/acme", "gh/acme/web/x", "", "svn/acme/web", "gh//web", "gh/acme/"])
def test_an_invalid_slug_is_an_error(slug: str) -> None:
    with pytest.raises(ValueError, match="slug"):
        FakeCircleCI().add_project(slug)


def test_a_project_is_added_once() -> None:
    fake = FakeCircleCI()
    fake.add_project("gh/acme/web")
    with pytest.raises(ValueError, match="already"):
        fake.add_project("gh/acme/web")


def test_dynamic_configuration_brings_more_workflows_after_the_setup() -> None:
    fake = FakeCircleCI()
    setup = WorkflowPlan(name="setup", jobs=(JobPlan(name="generate", seconds=10),), tag="setup")
    pipeline = fake.add_pipeline("gh/acme/web", workflows=[setup, WorkflowPlan(name="build", jobs=("build",))])
    first, second = pipeline.planned_workflows
    during = first.created_at + 5

    assert pipeline.state(during) == "setup"
    assert pipeline.workflows(during) == [first]
    assert second.created_at == first.jobs[0].stopped_at
    assert pipeline.state(fake.clock.now()) == "created"
