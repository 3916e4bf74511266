"""Pipeline definitions of a project, and the triggers that start them."""

from __future__ import annotations

from typing import Any

from circleci_v2.testing.clock import rfc3339
from circleci_v2.testing.messages import Answer, Call
from circleci_v2.testing.routing import Routes
from circleci_v2.testing.state.projects import Project
from circleci_v2.testing.state.records import Record, find, given
from circleci_v2.testing.state.world import World

__all__ = ["routes"]

routes = Routes()

_DEFINITION_FIELDS = ("name", "description")
_TRIGGER_FIELDS = ("event_name", "event_preset", "checkout_ref", "config_ref", "disabled", "parameters")


def _project(world: World, call: Call) -> Project:
    return world.project_of(call.parameters["project_id"])


def _definition(world: World, call: Call) -> Record:
    definitions = _project(world, call).definitions
    return find(definitions, call.parameters["pipeline_definition_id"], "Pipeline definition")


def _repository(project: Project, external_id: str) -> Record:
    return {"full_name": f"{project.organization.name}/{project.name}", "external_id": external_id}


def _source(project: Project, given_source: Record) -> Record:
    source = given(given_source, "provider", "file_path")
    external_id = given_source.get("repo", {}).get("external_id")
    if external_id is not None:
        source["repo"] = _repository(project, external_id)
    return source


@routes.get("/projects/{project_id}/pipeline-definitions")
def list_definitions(world: World, call: Call) -> Answer:
    """The definitions; this list has no pages."""
    return Answer.json({"items": list(_project(world, call).definitions.values())})


@routes.post("/projects/{project_id}/pipeline-definitions")
def create(world: World, call: Call) -> Answer:
    """Create a definition."""
    project, fields = _project(world, call), call.fields()
    definition: Record = {
        "id": world.uuid(),
        "description": "",
        **given(fields, *_DEFINITION_FIELDS),
        "created_at": rfc3339(world.now()),
        "config_source": _source(project, fields["config_source"]),
        "checkout_source": _source(project, fields["checkout_source"]),
    }
    project.definitions[definition["id"]] = definition
    return Answer.json(definition)


@routes.get("/projects/{project_id}/pipeline-definitions/{pipeline_definition_id}")
def get(world: World, call: Call) -> Answer:
    """One definition."""
    return Answer.json(_definition(world, call))


@routes.patch("/projects/{project_id}/pipeline-definitions/{pipeline_definition_id}")
def update(world: World, call: Call) -> Answer:
    """Change what is given."""
    project, definition, fields = _project(world, call), _definition(world, call), call.fields()
    definition |= given(fields, *_DEFINITION_FIELDS)
    for name in ("config_source", "checkout_source"):
        definition[name] |= _source(project, fields.get(name) or {})
    return Answer.json(definition)


@routes.delete("/projects/{project_id}/pipeline-definitions/{pipeline_definition_id}")
def delete(world: World, call: Call) -> Answer:
    """Delete a definition and its triggers."""
    project, definition = _project(world, call), _definition(world, call)
    del project.definitions[definition["id"]]
    project.triggers = {
        identifier: trigger
        for identifier, trigger in project.triggers.items()
        if trigger["pipeline_definition_id"] != definition["id"]
    }
    return Answer.message("Pipeline definition deleted.")


def _render_trigger(trigger: Record) -> dict[str, Any]:
    return {name: value for name, value in trigger.items() if name != "pipeline_definition_id"}


def _event_source(world: World, project: Project, trigger_id: str, source: Record) -> Record:
    rendered = given(source, "provider")
    if "repo" in source:
        rendered["repo"] = _repository(project, source["repo"]["external_id"])
    if "webhook" in source:
        url = f"https://internal.circleci.com/private/soc/e/{trigger_id}?secret=xxxx"
        rendered["webhook"] = {"url": url, **given(source["webhook"], "sender")}
    if "schedule" in source:
        schedule = given(source["schedule"], "cron_expression")
        rendered["schedule"] = schedule | {"attribution_actor": {"id": world.user.id}}
    return rendered


def _trigger(world: World, call: Call) -> Record:
    return find(_project(world, call).triggers, call.parameters["trigger_id"], "Trigger")


@routes.get("/projects/{project_id}/pipeline-definitions/{pipeline_definition_id}/triggers")
def list_triggers(world: World, call: Call) -> Answer:
    """The triggers of a definition; this list has no pages."""
    definition, triggers = _definition(world, call), _project(world, call).triggers.values()
    own = [trigger for trigger in triggers if trigger["pipeline_definition_id"] == definition["id"]]
    return Answer.json({"items": [_render_trigger(trigger) for trigger in own]})


@routes.post("/projects/{project_id}/pipeline-definitions/{pipeline_definition_id}/triggers")
def create_trigger(world: World, call: Call) -> Answer:
    """Create a trigger."""
    project, definition, fields = _project(world, call), _definition(world, call), call.fields()
    identifier = world.uuid()
    trigger: Record = {
        "id": identifier,
        "pipeline_definition_id": definition["id"],
        "created_at": rfc3339(world.now()),
        "disabled": False,
        **given(fields, *_TRIGGER_FIELDS),
        "event_source": _event_source(world, project, identifier, fields["event_source"]),
    }
    project.triggers[identifier] = trigger
    return Answer.json(_render_trigger(trigger))


@routes.get("/projects/{project_id}/triggers/{trigger_id}")
def get_trigger(world: World, call: Call) -> Answer:
    """One trigger."""
    return Answer.json(_render_trigger(_trigger(world, call)))


@routes.patch("/projects/{project_id}/triggers/{trigger_id}")
def update_trigger(world: World, call: Call) -> Answer:
    """Change what is given."""
    project, trigger, fields = _project(world, call), _trigger(world, call), call.fields()
    trigger |= given(fields, *_TRIGGER_FIELDS)
    trigger["event_source"] |= _event_source(world, project, trigger["id"], fields.get("event_source") or {})
    return Answer.json(_render_trigger(trigger))


@routes.delete("/projects/{project_id}/triggers/{trigger_id}")
def delete_trigger(world: World, call: Call) -> Answer:
    """Delete a trigger."""
    del _project(world, call).triggers[_trigger(world, call)["id"]]
    return Answer.message("Trigger deleted.")
