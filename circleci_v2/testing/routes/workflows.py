"""Workflows and jobs."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from circleci_v2.testing.clock import rfc3339, rfc3339_seconds
from circleci_v2.testing.downloads import artifact_url
from circleci_v2.testing.messages import FakeRequest, FakeResponse, HTTPError, page
from circleci_v2.testing.routes import Routes
from circleci_v2.testing.state import FakeState
from circleci_v2.testing.state.execution import rerun as start_rerun
from circleci_v2.testing.state.plans import ArtifactFile, TestResult
from circleci_v2.testing.state.projects import FakeJob, FakeWorkflow

__all__ = ["render_times", "render_workflow", "routes"]

routes = Routes()

_RERUN_PERIOD: Final = 90 * 24 * 3600
"""The seconds after its creation for which a workflow can be rerun."""


def render_workflow(workflow: FakeWorkflow, now: float) -> dict[str, Any]:
    """Return a workflow as the API shows it."""
    stopped_at = workflow.stopped_at(now)
    rendered: dict[str, Any] = {
        "pipeline_id": workflow.pipeline.id,
        "id": workflow.id,
        "name": workflow.name,
        "project_slug": workflow.pipeline.project.slug,
        "status": workflow.status(now),
        "started_by": workflow.started_by,
        "pipeline_number": workflow.pipeline.number,
        "created_at": rfc3339_seconds(workflow.created_at),
        "stopped_at": None if stopped_at is None else rfc3339_seconds(stopped_at),
    }
    if workflow.canceled_by is not None and workflow.status(now) == "canceled":
        rendered["canceled_by"] = workflow.canceled_by
    if workflow.plan.tag is not None:
        rendered["tag"] = workflow.plan.tag
    return rendered


def _render_workflow_job(job: FakeJob, now: float) -> dict[str, Any]:
    rendered: dict[str, Any] = {
        "dependencies": [dependency.id for dependency in job.dependencies],
        "id": job.id,
        "name": job.name,
        "project_slug": job.workflow.pipeline.project.slug,
        "status": job.status(now),
        "type": job.plan.type,
        "requires": {name: list(outcomes) for name, outcomes in job.plan.requires.items()},
        **render_times(job, now, rfc3339_seconds),
    }
    optional = {
        # CircleCI assigns the number when a job is queued.
        "job_number": job.number if job.status(now) != "blocked" else None,
        "approval_request_id": job.approval_request_id,
        "approved_by": job.approved_by if job.ended(now) else None,
        "canceled_by": job.canceled_by or job.workflow.canceled_by if job.status(now) == "canceled" else None,
    }
    return rendered | {name: value for name, value in optional.items() if value is not None}


@routes.get("/workflow/{id}")
def get_workflow(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get a workflow."""
    return FakeResponse.json(render_workflow(state.workflow(request.path_params["id"]), state.now()))


@routes.get("/workflow/{id}/job")
def list_jobs(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the jobs of a workflow, each after its dependencies."""
    now = state.now()
    return page(
        state.tokens,
        request,
        state.workflow(request.path_params["id"]).jobs,
        lambda job: _render_workflow_job(job, now),
    )


@routes.post("/workflow/{id}/approve/{approval_request_id}")
def approve_job(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Approve an approval job."""
    workflow, now = state.workflow(request.path_params["id"]), state.now()
    request_id = request.path_params["approval_request_id"]
    job = next((job for job in workflow.jobs if job.approval_request_id == request_id), None)
    if job is None:
        raise HTTPError(HTTPStatus.NOT_FOUND, "Approval request not found")
    if job.status(now) != "on_hold":
        raise HTTPError(HTTPStatus.BAD_REQUEST, f"Job {job.name} cannot be approved: its status is {job.status(now)}.")
    job.approved_at, job.approved_by = now, state.user.id
    workflow.update_times()
    return FakeResponse.message("Accepted.", HTTPStatus.ACCEPTED)


@routes.post("/workflow/{id}/cancel")
def cancel_workflow(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Cancel a workflow; one that has ended does not change."""
    workflow, now = state.workflow(request.path_params["id"]), state.now()
    if workflow.stopped_at(now) is None:
        workflow.canceled_at, workflow.canceled_by = now, state.user.id
        workflow.update_times()
    return FakeResponse.message("Accepted.", HTTPStatus.ACCEPTED)


@routes.post("/workflow/{id}/rerun")
def rerun_workflow(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Rerun a workflow that may be rerun: all jobs, the failed ones, or given ones."""
    workflow, fields = state.workflow(request.path_params["id"]), request.json_object()
    _check_may_be_rerun(workflow, state.now())
    if fields.get("from_failed") and fields.get("jobs"):
        raise HTTPError(HTTPStatus.BAD_REQUEST, "Pass jobs or from_failed, but not both.")
    again = start_rerun(
        state,
        workflow,
        created_at=state.now(),
        started_by=state.user.id,
        chosen=_chosen(workflow, fields.get("jobs") or []),
        from_failed=bool(fields.get("from_failed")),
    )
    return FakeResponse.json({"workflow_id": again.id}, HTTPStatus.ACCEPTED)


def _check_may_be_rerun(workflow: FakeWorkflow, now: float) -> None:
    """Raise for the three kinds of workflows that CircleCI does not rerun.

    Only the refusal of unfinished ones is recorded (https://github.com/mailpoet/mailpoet/pull/6928); that the other two
    have the same status is an assumption, and their messages are ours.
    """
    if workflow.stopped_at(now) is None:
        raise HTTPError(HTTPStatus.BAD_REQUEST, "Workflow must be in a terminal state to be rerun")
    if workflow.plan.tag == "setup":
        raise HTTPError(HTTPStatus.BAD_REQUEST, "Setup workflows cannot be rerun: trigger a new pipeline.")
    if now - workflow.created_at > _RERUN_PERIOD:
        raise HTTPError(HTTPStatus.BAD_REQUEST, "Workflows older than 90 days cannot be rerun: trigger a new pipeline.")


def _chosen(workflow: FakeWorkflow, identifiers: list[str]) -> list[FakeJob]:
    by_id = {job.id: job for job in workflow.jobs}
    if unknown := sorted(set(identifiers) - set(by_id)):
        raise HTTPError(HTTPStatus.BAD_REQUEST, f"The workflow does not contain these jobs: {unknown}.")
    return [by_id[identifier] for identifier in identifiers]


def _find_job(state: FakeState, request: FakeRequest) -> FakeJob:
    """Return the job with the slug and number of the request; approvals and jobs not yet queued have no number."""
    project, number = state.project(request.path_params["project-slug"]), request.path_params["job-number"]
    job = project.job(int(number)) if number.isdecimal() else None
    if job is None or job.status(state.now()) == "blocked" or job.workflow.created_at > state.now():
        raise HTTPError(HTTPStatus.NOT_FOUND, "Job not found")
    return job


def render_times(job: FakeJob, now: float, render: Callable[[float], str] = rfc3339) -> dict[str, Any]:
    """Return the start and end of a job, null if they are in the future."""
    return {
        "started_at": render(job.started_at) if job.started_at is not None and job.started(now) else None,
        "stopped_at": render(job.stopped_at) if job.stopped_at is not None and job.ended(now) else None,
    }


def _render_details(job: FakeJob, now: float) -> dict[str, Any]:
    workflow = job.workflow
    pipeline = workflow.pipeline
    project = pipeline.project
    ready_at = job.ready_at if job.ready_at is not None else workflow.created_at
    duration = None
    if job.started_at is not None and job.stopped_at is not None and job.ended(now):
        duration = round((job.stopped_at - job.started_at) * 1000)
    status = job.status(now)
    return {
        "web_url": f"https://circleci.com/{project.slug}/{job.number}",
        "project": {"id": project.id, "slug": project.slug, "name": project.name, "external_url": project.vcs_url},
        "parallel_runs": [{"index": index, "status": status} for index in range(job.plan.parallelism)],
        **render_times(job, now),
        "latest_workflow": {"id": workflow.id, "name": workflow.name},
        "name": job.name,
        "executor": {"resource_class": job.plan.resource_class, "type": job.plan.executor},
        "parallelism": job.plan.parallelism,
        "status": status,
        "number": job.number,
        "pipeline": {"id": pipeline.id},
        "duration": duration,
        "created_at": rfc3339(ready_at),
        "messages": [],
        "contexts": [{"name": name} for name in job.plan.contexts],
        "organization": {"name": project.organization.name},
        "queued_at": rfc3339(ready_at),
    }


def _render_job(job: FakeJob, now: float) -> dict[str, Any]:
    workflow = job.workflow
    rendered = {
        "id": job.id,
        "name": job.name,
        "job_number": job.number,
        "type": job.plan.type,
        "status": job.status(now),
        "project_id": workflow.pipeline.project.id,
        "pipeline_id": workflow.pipeline.id,
        "workflow_id": workflow.id,
        **render_times(job, now),
    }
    return {name: value for name, value in rendered.items() if value is not None}


def _render_test(test: TestResult) -> dict[str, Any]:
    return {
        "message": test.message,
        "source": test.source,
        "run_time": test.run_time,
        "file": test.file or "",
        "result": test.result,
        "name": test.name,
        "classname": test.classname,
    }


@routes.get("/jobs/{job_id}")
def get_job(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get a job by its id."""
    return FakeResponse.json(_render_job(state.job(request.path_params["job_id"]), state.now()))


@routes.get("/project/{project-slug}/job/{job-number}")
def get_job_details(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get the details of a job by its number."""
    return FakeResponse.json(_render_details(_find_job(state, request), state.now()))


@routes.get("/project/{project-slug}/{job-number}/tests")
def list_tests(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the test results of a job, which are available when it has ended."""
    job = _find_job(state, request)
    return page(state.tokens, request, job.tests() if job.ended(state.now()) else (), _render_test)


@routes.get("/project/{project-slug}/{job-number}/artifacts")
def list_artifacts(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the artifacts of a job, which are available when it has ended."""
    job = _find_job(state, request)

    def render(file: ArtifactFile) -> dict[str, Any]:
        return {"path": file.path, "node_index": file.node_index, "url": artifact_url(state, job, file)}

    return page(state.tokens, request, job.artifacts() if job.ended(state.now()) else (), render)


@routes.post("/jobs/{job-id}/cancel")
def cancel_job(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Cancel a job by its id."""
    return _cancel_job(state, state.job(request.path_params["job-id"]))


@routes.post("/project/{project-slug}/job/{job-number}/cancel")
def cancel_job_by_number(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Cancel a job by its number."""
    return _cancel_job(state, _find_job(state, request))


def _cancel_job(state: FakeState, job: FakeJob) -> FakeResponse:
    now = state.now()
    # A job that is still blocked when its workflow ends can no longer be canceled.
    if not job.ended(now) and job.workflow.stopped_at(now) is None:
        job.canceled_at, job.canceled_by = now, state.user.id
        job.workflow.update_times()
    return FakeResponse.message("Job canceled successfully.")
