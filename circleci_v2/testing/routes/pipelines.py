"""Pipelines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, TypeVar

from circleci_v2.testing.clock import rfc3339
from circleci_v2.testing.messages import FakeRequest, FakeResponse, HTTPError, page
from circleci_v2.testing.routes import Routes
from circleci_v2.testing.routes.organizations import slug_of
from circleci_v2.testing.routes.workflows import render_workflow
from circleci_v2.testing.state import FakeState
from circleci_v2.testing.state.execution import add_workflow, register_pipeline, start_workflows
from circleci_v2.testing.state.plans import DEFAULT_WORKFLOW
from circleci_v2.testing.state.projects import FakeCommit, FakePipeline, FakeProject, FakeWorkflow
from circleci_v2.testing.state.resources import find_or_404, hexadecimal

__all__ = ["routes"]

routes = Routes()

Item = TypeVar("Item", FakePipeline, FakeWorkflow)

_LISTED_PROJECTS: Final = 250
"""How many projects the list of an organization covers, as CircleCI's API document says."""


def _render_pipeline(state: FakeState, pipeline: FakePipeline) -> dict[str, Any]:
    rendered: dict[str, Any] = {
        "id": pipeline.id,
        "errors": pipeline.errors,
        "project_slug": pipeline.project.slug,
        "updated_at": rfc3339(pipeline.created_at),
        "number": pipeline.number,
        "state": pipeline.state(state.now()),
        "created_at": rfc3339(pipeline.created_at),
        "trigger": {
            "type": pipeline.trigger_type,
            "received_at": rfc3339(pipeline.received_at),
            "actor": {"login": pipeline.actor_login, "avatar_url": pipeline.actor_avatar_url},
        },
    }
    if pipeline.trigger_parameters is not None:
        rendered["trigger_parameters"] = pipeline.trigger_parameters
    if pipeline.commit is not None:
        rendered["vcs"] = _render_commit(pipeline.project, pipeline.commit)
    return rendered


def _render_commit(project: FakeProject, commit: FakeCommit) -> dict[str, Any]:
    ref = {"branch": commit.branch, "tag": commit.tag}
    return {
        "provider_name": project.provider,
        "origin_repository_url": project.vcs_url,
        "target_repository_url": project.vcs_url,
        "revision": commit.revision,
        **{name: value for name, value in ref.items() if value is not None},
        "commit": {"subject": commit.subject, "body": commit.body},
    }


def _newest_first(items: Sequence[Item]) -> list[Item]:
    # Items of the same time are reversed, too: the clock may stand still.
    return sorted(items, key=lambda item: item.created_at)[::-1]


def _list(state: FakeState, request: FakeRequest, pipelines: Sequence[FakePipeline]) -> FakeResponse:
    return page(state.tokens, request, pipelines, lambda pipeline: _render_pipeline(state, pipeline), newest_first=True)


@routes.get("/pipeline")
def list_all(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the pipelines of the most recently built projects of an organization, newest first."""
    slug = request.query_value("org-slug")
    organization = state.organization(slug) if slug else None
    mine = request.query_flag("mine")
    projects = [project for project in state.projects.values() if organization in {None, project.organization}]
    pipelines = [
        pipeline
        for project in _most_recently_built(projects)
        for pipeline in project.pipelines
        if not mine or pipeline.actor_id == state.user.id
    ]
    return _list(state, request, _newest_first(pipelines))


def _most_recently_built(projects: Iterable[FakeProject]) -> list[FakeProject]:
    built = [project for project in projects if project.pipelines]
    return sorted(built, key=lambda project: project.pipelines[-1].created_at)[-_LISTED_PROJECTS:]


@routes.get("/project/{project-slug}/pipeline")
def list_for_project(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the pipelines of a project, newest first."""
    pipelines = state.project(request.path_params["project-slug"]).pipelines[::-1]
    branch = request.query_value("branch")
    if branch:
        pipelines = [pipeline for pipeline in pipelines if pipeline.branch == branch]
    return _list(state, request, pipelines)


@routes.get("/project/{project-slug}/pipeline/mine")
def list_mine(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the pipelines that the owner of the token triggered, newest first."""
    pipelines = reversed(state.project(request.path_params["project-slug"]).pipelines)
    return _list(state, request, [pipeline for pipeline in pipelines if pipeline.actor_id == state.user.id])


@routes.get("/pipeline/{pipeline-id}")
def get(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get a pipeline by its id."""
    return FakeResponse.json(_render_pipeline(state, state.pipeline(request.path_params["pipeline-id"])))


@routes.get("/project/{project-slug}/pipeline/{pipeline-number}")
def get_by_number(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get a pipeline by its number."""
    project, number = state.project(request.path_params["project-slug"]), request.path_params["pipeline-number"]
    pipeline = project.pipeline(int(number)) if number.isdecimal() else None
    if pipeline is None:
        raise HTTPError(HTTPStatus.NOT_FOUND, "Pipeline not found")
    return FakeResponse.json(_render_pipeline(state, pipeline))


@routes.get("/pipeline/{pipeline-id}/config")
def get_config(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get the configuration of a pipeline."""
    pipeline = state.pipeline(request.path_params["pipeline-id"])
    config = {"source": pipeline.config, "compiled": pipeline.config}
    if pipeline.continuation_key is not None or pipeline.continued_at is not None:
        config |= {"setup-config": pipeline.config, "compiled-setup-config": pipeline.config}
    return FakeResponse.json(config)


@routes.get("/pipeline/{pipeline_id}/values")
def get_values(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get the pipeline values of a pipeline."""
    pipeline = state.pipeline(request.path_params["pipeline_id"])
    values: dict[str, Any] = {
        "pipeline.id": pipeline.id,
        "pipeline.number": pipeline.number,
        "pipeline.project.git_url": pipeline.project.vcs_url,
        "pipeline.project.type": pipeline.project.organization.vcs_type,
        "pipeline.trigger_source": pipeline.trigger_type,
    }
    if pipeline.commit is not None:
        values["pipeline.git.revision"] = pipeline.commit.revision
        values["pipeline.git.branch"] = pipeline.commit.branch or ""
        values["pipeline.git.tag"] = pipeline.commit.tag or ""
    values.update((f"pipeline.parameters.{name}", value) for name, value in pipeline.parameters.items())
    return FakeResponse.json(values)


@routes.get("/pipeline/{pipeline-id}/workflow")
def list_workflows(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the workflows of a pipeline, newest first."""
    now = state.now()
    workflows = state.pipeline(request.path_params["pipeline-id"]).workflows(now)
    return page(
        state.tokens,
        request,
        _newest_first(workflows),
        lambda workflow: render_workflow(workflow, now),
        newest_first=True,
    )


@routes.post("/project/{project-slug}/pipeline")
def trigger(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Trigger a pipeline for a branch or a tag."""
    project, fields = state.project(request.path_params["project-slug"]), request.json_object()
    if project.organization.vcs_type == "circleci":
        raise HTTPError(HTTPStatus.BAD_REQUEST, "Trigger pipelines of this project with pipeline/run.")
    return _start(state, project, ref=fields, parameters=fields.get("parameters") or {})


@routes.post("/project/{provider}/{organization}/{project}/pipeline/run")
def run(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Trigger a pipeline of a pipeline definition."""
    project, fields = state.project(slug_of(request)), request.json_object()
    if "definition_id" in fields:
        find_or_404(project.definitions, fields["definition_id"], "Pipeline definition")
    return _start(state, project, ref=fields.get("checkout") or {}, parameters=fields.get("parameters") or {})


@routes.post("/pipeline/continue")
def continue_(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Continue a pipeline after its setup workflow; a continuation key is valid once."""
    fields = request.json_object()
    pipeline = state.pipeline_to_continue(fields["continuation-key"])
    pipeline.continuation_key, pipeline.continued_at = None, state.now()
    pipeline.parameters = {**pipeline.parameters, **(fields.get("parameters") or {})}
    plans = [plan for plan in pipeline.project.workflows if plan.tag != "setup"] or [DEFAULT_WORKFLOW]
    for plan in plans:
        add_workflow(state, pipeline, plan, created_at=state.now(), random=state.random)
    return FakeResponse.message("Pipeline continued.")


def _start(
    state: FakeState, project: FakeProject, *, ref: Mapping[str, Any], parameters: Mapping[str, Any]
) -> FakeResponse:
    if ref.get("branch") and ref.get("tag"):
        raise HTTPError(HTTPStatus.BAD_REQUEST, "Pass a branch or a tag, but not both.")
    now = state.now()
    branch = None if ref.get("tag") else ref.get("branch") or project.default_branch
    pipeline = FakePipeline(
        id=state.uuid(),
        number=len(project.pipelines) + 1,
        project=project,
        created_at=now,
        trigger_type="api",
        actor_login=state.user.login,
        actor_id=state.user.id,
        actor_avatar_url=state.user.avatar_url,
        received_at=now,
        commit=FakeCommit(revision=hexadecimal(state.random, 40), branch=branch, tag=ref.get("tag")),
        parameters=parameters,
    )
    register_pipeline(state, pipeline)
    start_workflows(state, pipeline, project.workflows)
    created = {"id": pipeline.id, "state": "pending", "number": pipeline.number, "created_at": rfc3339(now)}
    return FakeResponse.json(created, HTTPStatus.CREATED)
