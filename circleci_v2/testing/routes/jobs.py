"""Jobs: details, tests, artifacts, cancellation."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from circleci_v2.testing.clock import rfc3339
from circleci_v2.testing.downloads import artifact_url
from circleci_v2.testing.messages import Answer, Call, Refusal
from circleci_v2.testing.paging import page
from circleci_v2.testing.routing import Routes
from circleci_v2.testing.state.plans import ArtifactFile, TestResult
from circleci_v2.testing.state.runs import Job
from circleci_v2.testing.state.world import World

__all__ = ["render_times", "routes"]

routes = Routes()


def _numbered(world: World, call: Call) -> Job:
    """The job that a slug and a number name; approvals and jobs not yet queued have none."""
    project, number = world.project(call.parameters["project-slug"]), call.parameters["job-number"]
    job = project.job(int(number)) if number.isdecimal() else None
    if job is None or job.status(world.now()) == "blocked" or job.workflow.created_at > world.now():
        raise Refusal(HTTPStatus.NOT_FOUND, "Job not found")
    return job


def render_times(job: Job, now: float) -> dict[str, Any]:
    """When a job started and stopped, as far as that has happened."""
    return {
        "started_at": rfc3339(job.started_at) if job.started_at is not None and job.started(now) else None,
        "stopped_at": rfc3339(job.stopped_at) if job.stopped_at is not None and job.ended(now) else None,
    }


def _render_details(job: Job, now: float) -> dict[str, Any]:
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


def _render_job(job: Job, now: float) -> dict[str, Any]:
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
def get(world: World, call: Call) -> Answer:
    """One job, by its id."""
    return Answer.json(_render_job(world.job(call.parameters["job_id"]), world.now()))


@routes.get("/project/{project-slug}/job/{job-number}")
def get_by_number(world: World, call: Call) -> Answer:
    """The details of a job that runs or ran."""
    return Answer.json(_render_details(_numbered(world, call), world.now()))


@routes.get("/project/{project-slug}/{job-number}/tests")
def list_tests(world: World, call: Call) -> Answer:
    """What the tests of a job gave, once it has ended."""
    job = _numbered(world, call)
    return page(world.tokens, call, job.tests() if job.ended(world.now()) else (), _render_test)


@routes.get("/project/{project-slug}/{job-number}/artifacts")
def list_artifacts(world: World, call: Call) -> Answer:
    """The files of a job, once it has ended."""
    job = _numbered(world, call)

    def render(file: ArtifactFile) -> dict[str, Any]:
        return {"path": file.path, "node_index": file.node_index, "url": artifact_url(world, job, file)}

    return page(world.tokens, call, job.artifacts() if job.ended(world.now()) else (), render)


@routes.post("/jobs/{job-id}/cancel")
def cancel(world: World, call: Call) -> Answer:
    """Stop a job, by its id."""
    return _cancel(world, world.job(call.parameters["job-id"]))


@routes.post("/project/{project-slug}/job/{job-number}/cancel")
def cancel_by_number(world: World, call: Call) -> Answer:
    """Stop a job, by its number."""
    return _cancel(world, _numbered(world, call))


def _cancel(world: World, job: Job) -> Answer:
    now = world.now()
    # A job that waits for what has not come about ends with its workflow.
    if not job.ended(now) and job.workflow.stopped_at(now) is None:
        job.canceled_at, job.canceled_by = now, world.user.id
        job.workflow.lay_out()
    return Answer.message("Job canceled successfully.")
