"""Workflows: read, approve, cancel, rerun them, list their jobs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from circleci_v2.testing.clock import rfc3339
from circleci_v2.testing.messages import Answer, Call, Refusal
from circleci_v2.testing.paging import page
from circleci_v2.testing.routes.jobs import render_times
from circleci_v2.testing.routing import Routes
from circleci_v2.testing.state.launching import rerun as launch_again
from circleci_v2.testing.state.runs import Job, Workflow
from circleci_v2.testing.state.world import World

__all__ = ["render_workflow", "routes"]

routes = Routes()


def render_workflow(workflow: Workflow, now: float) -> dict[str, Any]:
    """A workflow, as the API shows one."""
    stopped_at = workflow.stopped_at(now)
    rendered: dict[str, Any] = {
        "pipeline_id": workflow.pipeline.id,
        "id": workflow.id,
        "name": workflow.name,
        "project_slug": workflow.pipeline.project.slug,
        "status": workflow.status(now),
        "started_by": workflow.started_by,
        "pipeline_number": workflow.pipeline.number,
        "created_at": rfc3339(workflow.created_at),
        "stopped_at": None if stopped_at is None else rfc3339(stopped_at),
    }
    if workflow.canceled_by is not None and workflow.status(now) == "canceled":
        rendered["canceled_by"] = workflow.canceled_by
    if workflow.plan.tag is not None:
        rendered["tag"] = workflow.plan.tag
    return rendered


def _render_job(job: Job, now: float) -> dict[str, Any]:
    rendered: dict[str, Any] = {
        "dependencies": [dependency.id for dependency in job.dependencies],
        "id": job.id,
        "name": job.name,
        "project_slug": job.workflow.pipeline.project.slug,
        "status": job.status(now),
        "type": job.plan.type,
        "requires": {name: list(outcomes) for name, outcomes in job.plan.requires.items()},
        **render_times(job, now),
    }
    optional = {
        # A job gets its number when it is queued.
        "job_number": job.number if job.status(now) != "blocked" else None,
        "approval_request_id": job.approval_request_id,
        "approved_by": job.approved_by if job.ended(now) else None,
        "canceled_by": job.canceled_by or job.workflow.canceled_by if job.status(now) == "canceled" else None,
    }
    return rendered | {name: value for name, value in optional.items() if value is not None}


@routes.get("/workflow/{id}")
def get(world: World, call: Call) -> Answer:
    """One workflow."""
    return Answer.json(render_workflow(world.workflow(call.parameters["id"]), world.now()))


@routes.get("/workflow/{id}/job")
def list_jobs(world: World, call: Call) -> Answer:
    """The jobs of a workflow, each after those it depends on."""
    now = world.now()
    return page(world.tokens, call, world.workflow(call.parameters["id"]).jobs, lambda job: _render_job(job, now))


@routes.post("/workflow/{id}/approve/{approval_request_id}")
def approve(world: World, call: Call) -> Answer:
    """Let a job go on that waits for a person."""
    workflow, now = world.workflow(call.parameters["id"]), world.now()
    request_id = call.parameters["approval_request_id"]
    job = next((job for job in workflow.jobs if job.approval_request_id == request_id), None)
    if job is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "Approval request not found")
    if job.status(now) != "on_hold":
        raise Refusal(HTTPStatus.BAD_REQUEST, f"Job {job.name} does not wait for an approval: it is {job.status(now)}.")
    job.approved_at, job.approved_by = now, world.user.id
    workflow.lay_out()
    return Answer.message("Accepted.", HTTPStatus.ACCEPTED)


@routes.post("/workflow/{id}/cancel")
def cancel(world: World, call: Call) -> Answer:
    """Stop what still runs; a workflow that has ended stays as it is."""
    workflow, now = world.workflow(call.parameters["id"]), world.now()
    if workflow.stopped_at(now) is None:
        workflow.canceled_at, workflow.canceled_by = now, world.user.id
        workflow.lay_out()
    return Answer.message("Accepted.", HTTPStatus.ACCEPTED)


@routes.post("/workflow/{id}/rerun")
def rerun(world: World, call: Call) -> Answer:
    """Run a workflow again: all of it, what failed, or chosen jobs."""
    workflow, fields = world.workflow(call.parameters["id"]), call.fields()
    if fields.get("from_failed") and fields.get("jobs"):
        raise Refusal(HTTPStatus.BAD_REQUEST, "Give jobs or from_failed, not both.")
    again = launch_again(
        world,
        workflow,
        created_at=world.now(),
        started_by=world.user.id,
        chosen=_chosen(workflow, fields.get("jobs") or []),
        from_failed=bool(fields.get("from_failed")),
    )
    return Answer.json({"workflow_id": again.id}, HTTPStatus.ACCEPTED)


def _chosen(workflow: Workflow, identifiers: list[str]) -> list[Job]:
    by_id = {job.id: job for job in workflow.jobs}
    if unknown := sorted(set(identifiers) - set(by_id)):
        raise Refusal(HTTPStatus.BAD_REQUEST, f"The workflow has no jobs {unknown}.")
    return [by_id[identifier] for identifier in identifiers]
