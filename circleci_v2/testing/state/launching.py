"""Launching: from plans to the pipelines, workflows and jobs that carry them out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from random import Random

import attrs

from circleci_v2.testing.state.identifiers import uuid
from circleci_v2.testing.state.plans import WorkflowPlan
from circleci_v2.testing.state.runs import FAILURES, Job, Pipeline, Workflow
from circleci_v2.testing.state.world import World

__all__ = ["add_pipeline", "add_workflow", "launch", "rerun"]


def add_pipeline(world: World, pipeline: Pipeline) -> None:
    """Put a pipeline at the end of its project's list."""
    pipeline.project.pipelines.append(pipeline)
    world.index(pipeline)


def launch(world: World, pipeline: Pipeline, plans: Sequence[WorkflowPlan], *, random: Random | None = None) -> None:
    """Let a pipeline run its workflows from the moment it was created.

    After a ``setup`` workflow the others start when that one, or a rerun of it, has succeeded, as with dynamic
    configuration; where there are no others, the pipeline waits to be continued through the API.

    Args:
        world: Where it exists.
        pipeline: What runs them.
        plans: What they do.
        random: What identifiers are drawn from. Default: the world's own source.
    """
    _launch(world, pipeline, plans, created_at=pipeline.created_at, random=random or world.random)


def _launch(
    world: World, pipeline: Pipeline, plans: Sequence[WorkflowPlan], *, created_at: float, random: Random
) -> list[Workflow]:
    workflows: list[Workflow] = []
    for position, plan in enumerate(plans, start=1):
        workflow = add_workflow(world, pipeline, plan, created_at=created_at, random=random)
        workflows.append(workflow)
        if plan.tag == "setup":
            workflow.plan_continuation = _Continuation(
                world=world, pipeline=pipeline, plans=plans[position:], random=random
            )
            workflow.plan_continuation(workflow)
            break
    return workflows


@attrs.define(kw_only=True, eq=False)
class _Continuation:
    """What follows the setup workflow of a pipeline: once, when the first run of it ends with success.

    Attributes:
        setups: The setup workflow and its reruns.
        workflows: What follows, planned when a success is in sight for the first time.
    """

    world: World
    pipeline: Pipeline
    plans: Sequence[WorkflowPlan]
    random: Random
    setups: list[Workflow] = attrs.field(factory=list[Workflow])
    workflows: list[Workflow] = attrs.field(factory=list[Workflow])

    def __call__(self, setup: Workflow) -> None:
        """Work it out once more, as a run of the setup workflow has been laid out."""
        if setup not in self.setups:
            self.setups.append(setup)
        if self.plans:
            self._follow(self._ready_at())
        elif self.pipeline.continued_at is None:
            self._wait_for_key(self._ready_at())

    def _ready_at(self) -> float | None:
        """When the first run of the setup workflow ends with success; None: never, as things stand."""
        succeeding = [setup for setup in self.setups if setup.status(math.inf) == "success"]
        ends = [setup.stopped_at(math.inf) for setup in succeeding]
        return min((at for at in ends if at is not None), default=None)

    def _follow(self, ready: float | None) -> None:
        self.pipeline.continued_at = ready
        for workflow in self.workflows:
            workflow.created_at = math.inf if ready is None else ready + workflow.plan.starts_after
            workflow.lay_out()
        if ready is not None and not self.workflows:
            self.workflows = _launch(self.world, self.pipeline, self.plans, created_at=ready, random=self.random)

    def _wait_for_key(self, ready: float | None) -> None:
        key = self.pipeline.continuation_key
        self.pipeline.continuation_key = None if ready is None else key or uuid(self.random)


def add_workflow(
    world: World,
    pipeline: Pipeline,
    plan: WorkflowPlan,
    *,
    created_at: float,
    random: Random,
    started_by: str | None = None,
) -> Workflow:
    """Add one workflow to a pipeline.

    Args:
        world: Where it exists.
        pipeline: What it belongs to.
        plan: What it does.
        created_at: When, in seconds since 1970; the plan's own delay comes on top.
        random: What its identifiers are drawn from.
        started_by: The id of the person. Default: the one who triggered the pipeline.
    """
    workflow = Workflow(
        id=uuid(random),
        plan=plan,
        pipeline=pipeline,
        created_at=created_at + plan.starts_after,
        started_by=started_by or pipeline.actor_id,
    )
    by_name: dict[str, Job] = {}
    for job_plan in plan.jobs:
        job = Job(
            id=uuid(random),
            plan=job_plan,
            workflow=workflow,
            dependencies=tuple(by_name[name] for name in job_plan.requires),
            outcome_planned=job_plan.outcome,
        )
        if job_plan.type == "approval":
            job.approval_request_id = uuid(random)
        else:
            _number(pipeline, job)
        by_name[job.name] = job
    _enter(world, workflow, by_name.values())
    return workflow


def rerun(
    world: World,
    workflow: Workflow,
    *,
    created_at: float,
    started_by: str,
    chosen: Sequence[Job] = (),
    from_failed: bool = False,
    random: Random | None = None,
) -> Workflow:
    """Start a workflow once more, as a new workflow of the same pipeline.

    Args:
        world: Where it exists.
        workflow: The one to run again.
        created_at: When, in seconds since 1970.
        started_by: The id of the person.
        chosen: Run only these jobs, those that depend on them and those that have not ended; the others keep what they
            achieved. Default: all.
        from_failed: Run only the jobs that did not succeed.
        random: What identifiers are drawn from. Default: the world's own source.
    """
    random = random or world.random
    again = Workflow(
        id=uuid(random),
        plan=workflow.plan,
        pipeline=workflow.pipeline,
        created_at=created_at,
        started_by=started_by,
        rerun_of=workflow,
        plan_continuation=workflow.plan_continuation,
    )
    repeated = _repeated(workflow, chosen, from_failed=from_failed, now=created_at)
    by_name: dict[str, Job] = {}
    for job in workflow.jobs:
        copy = Job(
            id=uuid(random),
            plan=job.plan,
            workflow=again,
            dependencies=tuple(by_name[dependency.name] for dependency in job.dependencies),
            outcome_planned=job.plan.outcome_of_rerun,
        )
        if job not in repeated:
            copy.kept, copy.number, copy.approval_request_id = job, job.number, job.approval_request_id
        elif job.plan.type == "approval":
            copy.approval_request_id = uuid(random)
        else:
            _number(workflow.pipeline, copy)
        by_name[job.name] = copy
    _enter(world, again, by_name.values())
    return again


def _repeated(workflow: Workflow, chosen: Sequence[Job], *, from_failed: bool, now: float) -> set[Job]:
    if not from_failed and not chosen:
        return set(workflow.jobs)
    repeated = set(chosen)
    for job in workflow.jobs:
        unfinished = not job.ended(now)
        failed = from_failed and job.outcome in FAILURES | {"canceled"}
        if unfinished or failed or any(dependency in repeated for dependency in job.dependencies):
            repeated.add(job)
    return repeated


def _number(pipeline: Pipeline, job: Job) -> None:
    project = pipeline.project
    job.number = next(pipeline.reserved_job_numbers, None)
    if job.number is None:
        job.number = project.next_job_number
        project.next_job_number += 1
    project.jobs[job.number] = job


def _enter(world: World, workflow: Workflow, jobs: Iterable[Job]) -> None:
    workflow.jobs.extend(jobs)
    workflow.pipeline.planned_workflows.append(workflow)
    workflow.lay_out()
    world.index(workflow)
    for job in workflow.jobs:
        world.index(job)
