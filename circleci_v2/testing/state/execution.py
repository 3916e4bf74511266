"""Create pipelines, workflows and jobs from plans, also with a given status, and rerun workflows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from random import Random
from typing import Final, Literal, get_args

import attrs

from circleci_v2._validation import require_one_of
from circleci_v2.errors import ConfigurationError
from circleci_v2.testing.state import FakeState
from circleci_v2.testing.state.plans import JobPlan, WorkflowPlan
from circleci_v2.testing.state.projects import FAILURES, FakeCommit, FakeJob, FakePipeline, FakeProject, FakeWorkflow
from circleci_v2.testing.state.resources import hexadecimal, uuid

__all__ = ["PipelineStatus", "add_pipeline", "add_workflow", "register_pipeline", "rerun", "start_workflows"]

PipelineStatus = Literal["success", "failed", "canceled", "running", "on_hold", "errored"]

_APPROVAL_JOB: Final = "hold"
_ENDED_SECONDS_AGO: Final = 60.0


def register_pipeline(state: FakeState, pipeline: FakePipeline) -> None:
    """Append a pipeline to its project."""
    pipeline.project.pipelines.append(pipeline)
    state.index(pipeline)


def start_workflows(
    state: FakeState, pipeline: FakePipeline, plans: Sequence[WorkflowPlan], *, random: Random | None = None
) -> None:
    """Add the planned workflows to a pipeline, created when the pipeline was created.

    Plans after a ``setup`` workflow are started when it succeeds, as with dynamic configuration. If there are no such
    plans, the pipeline waits to be continued through the API.

    Args:
        state: The state of the fake.
        pipeline: The pipeline.
        plans: The plans of the workflows.
        random: The source of ids. Default: that of the state.
    """
    _start_workflows(state, pipeline, plans, created_at=pipeline.created_at, random=random or state.random)


def _start_workflows(
    state: FakeState, pipeline: FakePipeline, plans: Sequence[WorkflowPlan], *, created_at: float, random: Random
) -> list[FakeWorkflow]:
    workflows: list[FakeWorkflow] = []
    for position, plan in enumerate(plans, start=1):
        workflow = add_workflow(state, pipeline, plan, created_at=created_at, random=random)
        workflows.append(workflow)
        if plan.tag == "setup":
            workflow.plan_continuation = _Continuation(
                state=state, pipeline=pipeline, plans=plans[position:], random=random
            )
            workflow.plan_continuation(workflow)
            break
    return workflows


@attrs.define(kw_only=True, eq=False)
class _Continuation:
    """The part of a pipeline that follows its setup workflow, started when that succeeds.

    Attributes:
        workflows: The following workflows, created as soon as the setup workflow is going to succeed.
    """

    state: FakeState
    pipeline: FakePipeline
    plans: Sequence[WorkflowPlan]
    random: Random
    workflows: list[FakeWorkflow] = attrs.field(factory=list[FakeWorkflow])

    def __call__(self, setup: FakeWorkflow) -> None:
        """Update the following workflows after a change to the setup workflow."""
        # None means that it never succeeds, as things stand.
        ready_at = setup.stopped_at(math.inf) if setup.status(math.inf) == "success" else None
        if self.plans:
            self._follow(ready_at)
        elif self.pipeline.continued_at is None:
            self._update_key(ready_at)

    def _follow(self, ready: float | None) -> None:
        self.pipeline.continued_at = ready
        for workflow in self.workflows:
            workflow.created_at = math.inf if ready is None else ready + workflow.plan.starts_after
            workflow.update_times()
        if ready is not None and not self.workflows:
            self.workflows = _start_workflows(
                self.state, self.pipeline, self.plans, created_at=ready, random=self.random
            )

    def _update_key(self, ready: float | None) -> None:
        key = self.pipeline.continuation_key
        self.pipeline.continuation_key = None if ready is None else key or uuid(self.random)


def add_workflow(
    state: FakeState,
    pipeline: FakePipeline,
    plan: WorkflowPlan,
    *,
    created_at: float,
    random: Random,
    started_by: str | None = None,
) -> FakeWorkflow:
    """Add a workflow to a pipeline.

    Args:
        state: The state of the fake.
        pipeline: The pipeline.
        plan: The plan of the workflow.
        created_at: The creation time, in seconds since 1970; ``plan.starts_after`` is added to it.
        random: The source of ids.
        started_by: The id of a user. Default: the user who triggered the pipeline.
    """
    workflow = FakeWorkflow(
        id=uuid(random),
        plan=plan,
        pipeline=pipeline,
        created_at=created_at + plan.starts_after,
        started_by=started_by or pipeline.actor_id,
    )
    by_name: dict[str, FakeJob] = {}
    for job_plan in plan.jobs:
        job = FakeJob(
            id=uuid(random),
            plan=job_plan,
            workflow=workflow,
            dependencies=tuple(by_name[name] for name in job_plan.requires),
            outcome_planned=job_plan.outcome,
        )
        if job_plan.type == "approval":
            job.approval_request_id = uuid(random)
        else:
            _assign_number(pipeline, job)
        by_name[job.name] = job
    _register(state, workflow, by_name.values())
    return workflow


def rerun(
    state: FakeState,
    workflow: FakeWorkflow,
    *,
    created_at: float,
    started_by: str,
    chosen: Sequence[FakeJob] = (),
    from_failed: bool = False,
    random: Random | None = None,
) -> FakeWorkflow:
    """Rerun a workflow, as a new workflow of the same pipeline.

    Args:
        state: The state of the fake.
        workflow: The workflow to rerun; not a setup workflow.
        created_at: The creation time, in seconds since 1970.
        started_by: The id of a user.
        chosen: Run only these jobs, the jobs that depend on them, and unfinished jobs; other jobs keep their results.
            Default: run all jobs.
        from_failed: Run only the jobs that did not succeed.
        random: The source of ids. Default: that of the state.
    """
    random = random or state.random
    again = FakeWorkflow(
        id=uuid(random),
        plan=workflow.plan,
        pipeline=workflow.pipeline,
        created_at=created_at,
        started_by=started_by,
        rerun_of=workflow,
    )
    repeated = _jobs_to_repeat(workflow, chosen, from_failed=from_failed, now=created_at)
    by_name: dict[str, FakeJob] = {}
    for job in workflow.jobs:
        copy = FakeJob(
            id=uuid(random),
            plan=job.plan,
            workflow=again,
            dependencies=tuple(by_name[dependency.name] for dependency in job.dependencies),
            outcome_planned=job.plan.outcome_of_rerun,
        )
        if job not in repeated:
            copy.reused_from, copy.number, copy.approval_request_id = job, job.number, job.approval_request_id
        elif job.plan.type == "approval":
            copy.approval_request_id = uuid(random)
        else:
            _assign_number(workflow.pipeline, copy)
        by_name[job.name] = copy
    _register(state, again, by_name.values())
    return again


def _jobs_to_repeat(
    workflow: FakeWorkflow, chosen: Sequence[FakeJob], *, from_failed: bool, now: float
) -> set[FakeJob]:
    if not from_failed and not chosen:
        return set(workflow.jobs)
    repeated = set(chosen)
    for job in workflow.jobs:
        unfinished = not job.ended(now)
        failed = from_failed and job.outcome in FAILURES | {"canceled"}
        if unfinished or failed or any(dependency in repeated for dependency in job.dependencies):
            repeated.add(job)
    return repeated


def _assign_number(pipeline: FakePipeline, job: FakeJob) -> None:
    project = pipeline.project
    job.number = next(pipeline.reserved_job_numbers, None)
    if job.number is None:
        job.number = project.next_job_number
        project.next_job_number += 1
    project.jobs[job.number] = job


def _register(state: FakeState, workflow: FakeWorkflow, jobs: Iterable[FakeJob]) -> None:
    workflow.jobs.extend(jobs)
    workflow.pipeline.planned_workflows.append(workflow)
    workflow.update_times()
    state.index(workflow)
    for job in workflow.jobs:
        state.index(job)


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
        ConfigurationError: `status` is unknown, or the arguments contradict each other.
    """
    require_one_of("status", status, get_args(PipelineStatus))
    if branch is not None and tag is not None:
        msg = f"branch={branch!r} and tag={tag!r}: pass only one of them"
        raise ConfigurationError(msg)
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
        raise ConfigurationError(msg)
    plans = [JobPlan(name=job) if isinstance(job, str) else job for job in jobs]
    if all(isinstance(job, str) for job in jobs):
        plans = plans[:1] + [attrs.evolve(job, requires=(before.name,)) for before, job in pairwise(plans)]
    return (WorkflowPlan(name="build-and-test", jobs=plans),)


def _adapt(plans: Sequence[WorkflowPlan], status: PipelineStatus) -> Sequence[WorkflowPlan]:
    """Change the end of the last workflow as the status requires."""
    if not plans or not plans[-1].jobs:
        msg = f"status={status!r} needs a job: plan at least one"
        raise ConfigurationError(msg)
    last = plans[-1]
    all_jobs = [job for plan in plans for job in plan.jobs]
    fails = any(job.outcome in FAILURES for job in all_jobs)
    waits = any(job.type == "approval" and job.approved_after is None for job in all_jobs)
    if status == "success" and (fails or waits):
        msg = "status='success' contradicts the plan: one of its jobs fails, or waits for an approval forever"
        raise ConfigurationError(msg)
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
            raise ConfigurationError(msg)
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
