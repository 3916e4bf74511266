"""Add pipelines that have a given status at the current time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, Literal

import attrs

from circleci_v2.testing.state import FakeState
from circleci_v2.testing.state.execution import register_pipeline, start_workflows
from circleci_v2.testing.state.plans import JobPlan, WorkflowPlan
from circleci_v2.testing.state.projects import FAILURES, FakeCommit, FakePipeline, FakeProject, FakeWorkflow
from circleci_v2.testing.state.resources import hexadecimal

__all__ = ["PipelineStatus", "add_pipeline"]

PipelineStatus = Literal["success", "failed", "canceled", "running", "on_hold", "errored"]

_APPROVAL_JOB: Final = "hold"
_ENDED_SECONDS_AGO: Final = 60.0


def add_pipeline(
    state: FakeState,
    project: FakeProject,
    *,
    status: PipelineStatus,
    jobs: Sequence[JobPlan | str] | None,
    workflows: Sequence[WorkflowPlan] | None,
    branch: str | None,
    tag: str | None,
) -> FakePipeline:
    """Add a pipeline whose last workflow has a given status at the current time; see `FakeCircleCI.add_pipeline`.

    Raises:
        ValueError: The arguments contradict each other.
    """
    if branch is not None and tag is not None:
        msg = f"branch={branch!r} and tag={tag!r}: pass only one of them"
        raise ValueError(msg)
    plans = () if status == "errored" else _adapt(_plans(project, jobs, workflows), status)
    pipeline = FakePipeline(
        id=state.uuid(),
        number=len(project.pipelines) + 1,
        project=project,
        created_at=state.now(),
        trigger_type="webhook",
        actor_login=state.user.login,
        actor_id=state.user.id,
        actor_avatar_url=state.user.avatar_url,
        received_at=state.now(),
        commit=FakeCommit(
            revision=hexadecimal(state.random, 40), branch=None if tag else branch or project.default_branch, tag=tag
        ),
        errors=[{"type": "config", "message": "The configuration is not valid."}] if status == "errored" else [],
    )
    register_pipeline(state, pipeline)
    start_workflows(state, pipeline, plans)
    _move_to(pipeline, status, state.now())
    return pipeline


def _plans(
    project: FakeProject, jobs: Sequence[JobPlan | str] | None, workflows: Sequence[WorkflowPlan] | None
) -> Sequence[WorkflowPlan]:
    if jobs is None:
        return workflows if workflows is not None else project.workflows
    if workflows is not None:
        msg = "jobs and workflows are both given: pass only one of them"
        raise ValueError(msg)
    plans = [JobPlan(name=job) if isinstance(job, str) else job for job in jobs]
    if all(isinstance(job, str) for job in jobs):
        plans = plans[:1] + [attrs.evolve(job, requires=(before.name,)) for before, job in pairwise(plans)]
    return (WorkflowPlan(name="build-and-test", jobs=plans),)


def _adapt(plans: Sequence[WorkflowPlan], status: PipelineStatus) -> Sequence[WorkflowPlan]:
    """Change the end of the last workflow as the status requires."""
    if not plans or not plans[-1].jobs:
        msg = f"status={status!r} needs a job: plan at least one"
        raise ValueError(msg)
    last = plans[-1]
    all_jobs = [job for plan in plans for job in plan.jobs]
    fails = any(job.outcome in FAILURES for job in all_jobs)
    waits = any(job.type == "approval" and job.approved_after is None for job in all_jobs)
    if status == "success" and (fails or waits):
        msg = "status='success' contradicts the plan: one of its jobs fails, or waits for an approval forever"
        raise ValueError(msg)
    if status == "failed" and not fails:
        return (*plans[:-1], attrs.evolve(last, jobs=(*last.jobs[:-1], attrs.evolve(last.jobs[-1], outcome="failed"))))
    if status == "on_hold" and not waits:
        hold = JobPlan(name=_APPROVAL_JOB, type="approval", requires=tuple(job.name for job in last.jobs))
        return (*plans[:-1], attrs.evolve(last, jobs=(*last.jobs, hold)))
    return plans


def _move_to(pipeline: FakePipeline, status: PipelineStatus, now: float) -> None:
    """Move the pipeline into the past, far enough for its status to be the given one at the current time."""
    workflows = pipeline.planned_workflows
    if status in {"running", "canceled"}:
        # The job that ends last is now at half of its duration.
        running = [job for workflow in workflows for job in workflow.jobs if job.started_at is not None]
        if not running:
            msg = f"status={status!r} needs a job that runs: plan one in addition to the approvals"
            raise ValueError(msg)
        last = max(running, key=lambda job: job.stopped_at or 0.0)
        _shift(pipeline, now - ((last.started_at or now) + (last.stopped_at or now)) / 2)
        if status == "canceled":
            _cancel(workflows, pipeline.actor_id, now)
        return
    ends = [job.stopped_at for workflow in workflows for job in workflow.jobs if job.stopped_at is not None]
    _shift(pipeline, now - max(ends, default=pipeline.created_at) - _ENDED_SECONDS_AGO)


def _shift(pipeline: FakePipeline, seconds: float) -> None:
    pipeline.created_at += seconds
    pipeline.received_at += seconds
    for workflow in pipeline.planned_workflows:
        workflow.created_at += seconds
    for workflow in pipeline.planned_workflows:
        workflow.update_times()  # also moves the workflows that follow a setup workflow


def _cancel(workflows: Sequence[FakeWorkflow], canceled_by: str, now: float) -> None:
    for workflow in workflows:
        if workflow.stopped_at(now) is None:
            workflow.canceled_at, workflow.canceled_by = now, canceled_by
            workflow.update_times()
