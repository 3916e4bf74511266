"""Routes outside of the OpenAPI document: API v1.1, and private ones that CircleCI's own tools use.

Only as much as `circleci_v2` reads: the steps of a job and their output, and the projects that a user follows.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from circleci_v2.testing.clock import rfc3339
from circleci_v2.testing.downloads import FakeAction, actions_of, steps_of, storage_url
from circleci_v2.testing.messages import FakeRequest, FakeResponse, HTTPError, page
from circleci_v2.testing.routes import Routes
from circleci_v2.testing.state import FakeState
from circleci_v2.testing.state.projects import FakeJob, FakeProject

__all__ = ["UNPUBLISHED_PREFIXES", "UNPUBLISHED_ROUTES"]

UNPUBLISHED_PREFIXES: Final = ("/api/v1.1/", "/api/private/")

UNPUBLISHED_ROUTES: Final = Routes()


def _find_job(state: FakeState, request: FakeRequest) -> FakeJob:
    project, number = state.project(request.path_params["project-slug"]), request.path_params["job-number"]
    job = project.job(int(number)) if number.isdecimal() else None
    if job is None or job.status(state.now()) == "blocked" or job.workflow.created_at > state.now():
        raise HTTPError(HTTPStatus.NOT_FOUND, "Build not found")
    return job


@UNPUBLISHED_ROUTES.get("/api/v1.1/project/{project-slug}/{job-number}")
def get_job_v1(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get a job with its steps."""
    job, now = _find_job(state, request), state.now()
    pipeline, status = job.workflow.pipeline, job.status(now)
    commit = pipeline.commit
    return FakeResponse.json(
        {
            "build_num": job.number,
            "build_url": f"https://circleci.com/{pipeline.project.slug}/{job.number}",
            "status": status,
            "outcome": status if job.ended(now) else None,
            "lifecycle": "finished" if job.ended(now) else "running",
            "username": pipeline.project.organization.name,
            "reponame": pipeline.project.name,
            "branch": pipeline.branch,
            "vcs_revision": commit.revision if commit else None,
            "subject": commit.subject if commit else None,
            "author_name": pipeline.actor_login if commit else None,
            "committer_name": pipeline.actor_login if commit else None,
            "workflows": {
                "job_name": job.name,
                "job_id": job.id,
                "workflow_id": job.workflow.id,
                "workflow_name": job.workflow.name,
            },
            "steps": [
                {
                    "name": step.name,
                    "actions": [_render_action(state, job, action) for action in actions_of(job, position, now)],
                }
                for position, step in enumerate(steps_of(job))
                if actions_of(job, position, now)
            ],
        }
    )


def _render_action(state: FakeState, job: FakeJob, action: FakeAction) -> dict[str, Any]:
    has_output = bool(action.plan.output or action.plan.error_output)
    return {
        "index": action.node_index,
        "step": action.number,
        "name": action.plan.name,
        "type": "test",
        "status": action.status,
        "failed": True if action.status == "failed" else None,
        "exit_code": action.exit_code,
        "run_time_millis": None if action.stopped_at is None else round((action.stopped_at - action.started_at) * 1000),
        "start_time": rfc3339(action.started_at),
        "end_time": None if action.stopped_at is None else rfc3339(action.stopped_at),
        "has_output": has_output,
        "truncated": False,
        "output_url": storage_url(state, f"steps/{job.id}/{action.node_index}/{action.number}") if has_output else None,
        "bash_command": f"#!/bin/bash -eo pipefail\n{action.plan.name}",
        "messages": [],
    }


@UNPUBLISHED_ROUTES.get("/api/private/output/raw/{project-slug}/{job-number}/{stream}/{node-index}/{step}")
def get_output(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get what a step wrote to standard output (``output``) or standard error (``error``), as text."""
    job, parameters, now = _find_job(state, request), request.path_params, state.now()
    for position in range(len(steps_of(job))):
        for action in actions_of(job, position, now):
            if (str(action.node_index), str(action.number)) == (parameters["node-index"], parameters["step"]):
                texts = {"output": action.plan.output, "error": action.plan.error_output}
                if parameters["stream"] in texts:
                    return FakeResponse.text(texts[parameters["stream"]], HTTPStatus.OK)
    raise HTTPError(HTTPStatus.NOT_FOUND, "Not found")


def _followed(state: FakeState) -> list[FakeProject]:
    return [project for _, project in sorted(state.projects.items()) if project.followed]


@UNPUBLISHED_ROUTES.get("/api/v1.1/projects")
def list_followed_v1(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the projects that the owner of the token follows."""
    return FakeResponse.json(
        [
            {
                "username": project.organization.name,
                "reponame": project.name,
                "vcs_type": project.organization.vcs_type,
                "vcs_url": project.vcs_url,
                "followed": True,
                "branches": {},
            }
            for project in _followed(state)
        ]
    )


@UNPUBLISHED_ROUTES.get("/api/private/me/followed-projects")
def list_followed(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the projects that the owner of the token follows, page by page."""

    def render(project: FakeProject) -> dict[str, Any]:
        return {
            "id": project.id,
            "slug": project.slug,
            "name": project.name,
            "organization_id": project.organization.id,
            "organization_name": project.organization.name,
            "vcs_type": project.organization.vcs_type,
            "default_branch": project.default_branch,
        }

    return page(state.tokens, request, _followed(state), render)
