"""Pipelines: list them, trigger them, read what they ran with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

from circleci_v2.testing.clock import rfc3339
from circleci_v2.testing.messages import Answer, Call, Refusal
from circleci_v2.testing.paging import page
from circleci_v2.testing.routes.projects import slug_of
from circleci_v2.testing.routes.workflows import render_workflow
from circleci_v2.testing.routing import Routes
from circleci_v2.testing.state.identifiers import hexadecimal
from circleci_v2.testing.state.launching import add_pipeline, add_workflow, launch
from circleci_v2.testing.state.plans import DEFAULT_WORKFLOW
from circleci_v2.testing.state.projects import Project
from circleci_v2.testing.state.records import find
from circleci_v2.testing.state.runs import Commit, Pipeline, Workflow
from circleci_v2.testing.state.world import World

__all__ = ["routes"]

routes = Routes()

Item = TypeVar("Item", Pipeline, Workflow)


def _render_pipeline(world: World, pipeline: Pipeline) -> dict[str, Any]:
    rendered: dict[str, Any] = {
        "id": pipeline.id,
        "errors": pipeline.errors,
        "project_slug": pipeline.project.slug,
        "updated_at": rfc3339(pipeline.created_at),
        "number": pipeline.number,
        "state": pipeline.state(world.now()),
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


def _render_commit(project: Project, commit: Commit) -> dict[str, Any]:
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
    # Of those of one moment, the last to come is the newest: time may stand still.
    return sorted(items, key=lambda item: item.created_at)[::-1]


def _list(world: World, call: Call, pipelines: Sequence[Pipeline]) -> Answer:
    return page(world.tokens, call, pipelines, lambda pipeline: _render_pipeline(world, pipeline), newest_first=True)


@routes.get("/pipeline")
def list_all(world: World, call: Call) -> Answer:
    """The newest pipelines of an organization."""
    slug = call.value("org-slug")
    organization = world.organization(slug) if slug else None
    mine = call.flag("mine")
    pipelines = [
        pipeline
        for project in world.projects.values()
        if organization in {None, project.organization}
        for pipeline in project.pipelines
        if not mine or pipeline.actor_id == world.user.id
    ]
    return _list(world, call, _newest_first(pipelines))


@routes.get("/project/{project-slug}/pipeline")
def list_for_project(world: World, call: Call) -> Answer:
    """The pipelines of a project, the newest first."""
    pipelines, branch = world.project(call.parameters["project-slug"]).pipelines[::-1], call.value("branch")
    if branch:
        pipelines = [pipeline for pipeline in pipelines if pipeline.branch == branch]
    return _list(world, call, pipelines)


@routes.get("/project/{project-slug}/pipeline/mine")
def list_mine(world: World, call: Call) -> Answer:
    """The pipelines that the owner of the token triggered."""
    pipelines = reversed(world.project(call.parameters["project-slug"]).pipelines)
    return _list(world, call, [pipeline for pipeline in pipelines if pipeline.actor_id == world.user.id])


@routes.get("/pipeline/{pipeline-id}")
def get(world: World, call: Call) -> Answer:
    """One pipeline, by its id."""
    return Answer.json(_render_pipeline(world, world.pipeline(call.parameters["pipeline-id"])))


@routes.get("/project/{project-slug}/pipeline/{pipeline-number}")
def get_by_number(world: World, call: Call) -> Answer:
    """One pipeline, by its number."""
    project, number = world.project(call.parameters["project-slug"]), call.parameters["pipeline-number"]
    pipeline = project.pipeline(int(number)) if number.isdecimal() else None
    if pipeline is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "Pipeline not found")
    return Answer.json(_render_pipeline(world, pipeline))


@routes.get("/pipeline/{pipeline-id}/config")
def get_config(world: World, call: Call) -> Answer:
    """The configuration that a pipeline ran with."""
    pipeline = world.pipeline(call.parameters["pipeline-id"])
    config = {"source": pipeline.config, "compiled": pipeline.config}
    if pipeline.continuation_key is not None or pipeline.continued_at is not None:
        config |= {"setup-config": pipeline.config, "compiled-setup-config": pipeline.config}
    return Answer.json(config)


@routes.get("/pipeline/{pipeline_id}/values")
def get_values(world: World, call: Call) -> Answer:
    """The values that a pipeline's configuration could refer to."""
    pipeline = world.pipeline(call.parameters["pipeline_id"])
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
    return Answer.json(values)


@routes.get("/pipeline/{pipeline-id}/workflow")
def list_workflows(world: World, call: Call) -> Answer:
    """The workflows of a pipeline, the newest first."""
    now = world.now()
    workflows = world.pipeline(call.parameters["pipeline-id"]).workflows(now)
    return page(
        world.tokens,
        call,
        _newest_first(workflows),
        lambda workflow: render_workflow(workflow, now),
        newest_first=True,
    )


@routes.post("/project/{project-slug}/pipeline")
def trigger(world: World, call: Call) -> Answer:
    """Start a pipeline for a branch or a tag."""
    project, fields = world.project(call.parameters["project-slug"]), call.fields()
    if project.organization.vcs_type == "circleci":
        raise Refusal(HTTPStatus.BAD_REQUEST, "Projects of this organization are triggered with pipeline/run.")
    return _start(world, project, ref=fields, parameters=fields.get("parameters") or {})


@routes.post("/project/{provider}/{organization}/{project}/pipeline/run")
def run(world: World, call: Call) -> Answer:
    """Start a pipeline of a pipeline definition."""
    project, fields = world.project(slug_of(call)), call.fields()
    if "definition_id" in fields:
        find(project.definitions, fields["definition_id"], "Pipeline definition")
    return _start(world, project, ref=fields.get("checkout") or {}, parameters=fields.get("parameters") or {})


@routes.post("/pipeline/continue")
def continue_(world: World, call: Call) -> Answer:
    """Go on with a pipeline whose setup workflow has asked for it; a key is good for one time."""
    fields = call.fields()
    pipeline = world.pipeline_to_continue(fields["continuation-key"])
    pipeline.continuation_key, pipeline.continued_at = None, world.now()
    pipeline.parameters = {**pipeline.parameters, **(fields.get("parameters") or {})}
    plans = [plan for plan in pipeline.project.workflows if plan.tag != "setup"] or [DEFAULT_WORKFLOW]
    for plan in plans:
        add_workflow(world, pipeline, plan, created_at=world.now(), random=world.random)
    return Answer.message("Pipeline continued.")


def _start(world: World, project: Project, *, ref: Mapping[str, Any], parameters: Mapping[str, Any]) -> Answer:
    if ref.get("branch") and ref.get("tag"):
        raise Refusal(HTTPStatus.BAD_REQUEST, "Give a branch or a tag, not both.")
    now = world.now()
    branch = None if ref.get("tag") else ref.get("branch") or project.default_branch
    pipeline = Pipeline(
        id=world.uuid(),
        number=len(project.pipelines) + 1,
        project=project,
        created_at=now,
        trigger_type="api",
        actor_login=world.user.login,
        actor_id=world.user.id,
        actor_avatar_url=world.user.avatar_url,
        received_at=now,
        commit=Commit(revision=hexadecimal(world.random, 40), branch=branch, tag=ref.get("tag")),
        parameters=parameters,
    )
    add_pipeline(world, pipeline)
    launch(world, pipeline, project.workflows)
    created = {"id": pipeline.id, "state": "pending", "number": pipeline.number, "created_at": rfc3339(now)}
    return Answer.json(created, HTTPStatus.CREATED)
