"""Statuses follow from plans, from what people did, and from the clock."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circleci_v2.testing import FakeCircleCI, JobPlan, WorkflowPlan
from circleci_v2.testing.state.projects import FakeWorkflow

ENDED = {"success", "failed", "canceled", "unauthorized", "not_run"}


def running(*jobs: JobPlan) -> tuple[FakeCircleCI, FakeWorkflow]:
    """A fake in which a workflow of these jobs has just been triggered."""
    fake = FakeCircleCI()
    project = fake.add_project("gh/acme/web", workflows=[WorkflowPlan(name="w", jobs=jobs)])
    pipeline = fake.add_pipeline(project, status="running")
    (workflow,) = pipeline.planned_workflows
    workflow.created_at = fake.clock.now()
    workflow.update_times()
    return fake, workflow


def statuses(fake: FakeCircleCI, workflow: FakeWorkflow) -> list[str]:
    now = fake.clock.now()
    return [workflow.status(now), *(job.status(now) for job in workflow.jobs)]


def test_a_job_starts_when_those_it_requires_have_succeeded() -> None:
    build = JobPlan(name="build", seconds=60, queued_seconds=2)
    fake, workflow = running(build, JobPlan(name="test", requires=("build",), seconds=30, queued_seconds=5))

    assert statuses(fake, workflow) == ["running", "queued", "blocked"]
    fake.clock.advance(10)
    assert statuses(fake, workflow) == ["running", "running", "blocked"]
    fake.clock.advance(55)
    assert statuses(fake, workflow) == ["running", "success", "queued"]
    fake.clock.advance(35)
    assert statuses(fake, workflow) == ["success", "success", "success"]


def test_a_failure_blocks_what_requires_success_and_starts_what_accepts_it() -> None:
    fake, workflow = running(
        JobPlan(name="build", outcome="failed"),
        JobPlan(name="deploy", requires=("build",)),
        JobPlan(name="notify", requires={"build": ("failed",)}),
    )
    fake.clock.advance(63)
    assert statuses(fake, workflow) == ["failing", "failed", "blocked", "queued"]
    fake.clock.advance(100)
    assert statuses(fake, workflow) == ["failed", "failed", "blocked", "success"]
    assert workflow.stopped_at(fake.clock.now()) == workflow.jobs[2].stopped_at


def test_an_approval_holds_a_workflow_for_ever() -> None:
    fake, workflow = running(
        JobPlan(name="build"),
        JobPlan(name="hold", type="approval", requires=("build",)),
        JobPlan(name="deploy", requires=("hold",)),
    )
    fake.clock.advance(1_000_000)
    assert statuses(fake, workflow) == ["on_hold", "success", "on_hold", "blocked"]
    assert workflow.stopped_at(fake.clock.now()) is None


def test_cancelling_stops_what_runs_and_leaves_what_has_ended() -> None:
    fake, workflow = running(JobPlan(name="build"), JobPlan(name="test", requires=("build",)))
    fake.clock.advance(70)
    workflow.canceled_at = fake.clock.now()
    workflow.update_times()
    assert statuses(fake, workflow) == ["canceled", "success", "canceled"]
    fake.clock.advance(1000)
    assert statuses(fake, workflow) == ["canceled", "success", "canceled"]


def test_jobs_that_require_all_those_before_them_are_looked_at_once_each() -> None:
    names = [f"job-{number}" for number in range(60)]
    fake, workflow = running(*(JobPlan(name=name, requires=names[:place]) for place, name in enumerate(names)))
    assert statuses(fake, workflow)[:3] == ["running", "queued", "blocked"]
    assert workflow.stopped_at(fake.clock.now()) is None


def test_what_is_blocked_for_good_blocks_what_comes_after_it() -> None:
    build = JobPlan(name="build", outcome="failed")
    fake, workflow = running(
        build, JobPlan(name="test", requires=("build",)), JobPlan(name="deploy", requires=("test",))
    )
    fake.clock.advance(100)
    assert statuses(fake, workflow) == ["failed", "failed", "blocked", "blocked"]
    assert workflow.stopped_at(fake.clock.now()) == workflow.jobs[0].stopped_at


def test_requiring_a_later_job_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"job 'a' requires \['b'\]"):
        WorkflowPlan(name="w", jobs=(JobPlan(name="a", requires=("b",)), "b"))


def test_two_jobs_of_the_same_name_are_an_error() -> None:
    with pytest.raises(ValueError, match="two jobs named 'a'"):
        WorkflowPlan(name="w", jobs=("a", "a"))


outcomes = st.sampled_from(["success", "failed", "timedout", "unauthorized", "not_run", "canceled"])


@st.composite
def job_plans(draw: st.DrawFn) -> list[JobPlan]:
    names = [f"job-{number}" for number in range(draw(st.integers(1, 6)))]
    return [
        JobPlan(
            name=name,
            requires=draw(st.lists(st.sampled_from(names[:position]), unique=True)) if position else (),
            outcome=draw(outcomes),
            seconds=draw(st.floats(0, 1000)),
            queued_seconds=draw(st.floats(0, 10)),
        )
        for position, name in enumerate(names)
    ]


@given(job_plans(), st.lists(st.floats(0, 3000), max_size=8))
def test_time_only_brings_workflows_nearer_to_their_end(plans: list[JobPlan], moments: list[float]) -> None:
    _, workflow = running_quietly(plans)
    ended = False
    for moment in sorted(moments):
        status = workflow.status(workflow.created_at + moment)
        stopped_at = workflow.stopped_at(workflow.created_at + moment)
        assert (stopped_at is not None) == (status in ENDED)
        assert not ended or status in ENDED
        ended = status in ENDED
    assert workflow.status(math.inf) in ENDED


def running_quietly(plans: list[JobPlan]) -> tuple[FakeCircleCI, FakeWorkflow]:
    fake = FakeCircleCI()
    fake.add_project("gh/acme/web", workflows=[WorkflowPlan(name="w", jobs=plans)])
    fake.handle(trigger_call())
    return fake, fake.state.projects["gh/acme/web"].pipelines[0].planned_workflows[0]


def trigger_call():
    from circleci_v2.testing import FakeRequest

    headers = {"circle-token": "fake-token"}
    return FakeRequest(method="POST", path="/api/v2/project/gh/acme/web/pipeline", headers=headers)
