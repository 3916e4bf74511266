"""Contexts, their environment variables and restrictions."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from circleci_v2.testing.clock import rfc3339
from circleci_v2.testing.messages import Answer, Call, Refusal
from circleci_v2.testing.paging import page
from circleci_v2.testing.routing import Routes
from circleci_v2.testing.state.organizations import Context, Organization
from circleci_v2.testing.state.records import Record, find
from circleci_v2.testing.state.world import World

__all__ = ["routes"]

routes = Routes()


def _render(context: Context) -> dict[str, Any]:
    return {"id": context.id, "name": context.name, "created_at": rfc3339(context.created_at)}


def _owner(world: World, identifier: str | None, slug: str | None) -> Organization:
    if identifier:
        return world.organization_of(identifier)
    if slug:
        return world.organization(slug)
    raise Refusal(HTTPStatus.NOT_FOUND, "Say whose contexts: give owner-id or owner-slug.")


def _located(world: World, call: Call) -> tuple[Organization, Context]:
    identifier = call.parameters["context_id"]
    for organization in world.organizations.values():
        if identifier in organization.contexts:
            return organization, organization.contexts[identifier]
    raise Refusal(HTTPStatus.NOT_FOUND, "Context not found.")


@routes.get("/context")
def list_contexts(world: World, call: Call) -> Answer:
    """The contexts of an organization."""
    owner = _owner(world, call.value("owner-id"), call.value("owner-slug"))
    return page(world.tokens, call, list(owner.contexts.values()), _render)


@routes.post("/context")
def create(world: World, call: Call) -> Answer:
    """Create a context; its name is unique within the organization."""
    fields = call.fields()
    owner, name = _owner(world, fields["owner"].get("id"), fields["owner"].get("slug")), fields["name"]
    if any(context.name == name for context in owner.contexts.values()):
        raise Refusal(HTTPStatus.BAD_REQUEST, f"There is a context named {name} already.")
    context = Context(id=world.uuid(), name=name, created_at=world.now())
    owner.contexts[context.id] = context
    return Answer.json(_render(context))


@routes.get("/context/{context_id}")
def get(world: World, call: Call) -> Answer:
    """One context."""
    return Answer.json(_render(_located(world, call)[1]))


@routes.delete("/context/{context_id}")
def delete(world: World, call: Call) -> Answer:
    """Delete a context and its variables."""
    owner, context = _located(world, call)
    del owner.contexts[context.id]
    return Answer.message("Context deleted.")


@routes.get("/context/{context_id}/environment-variable")
def list_environment_variables(world: World, call: Call) -> Answer:
    """The names of a context's variables; no value is ever shown."""
    variables = _located(world, call)[1].variables
    return page(world.tokens, call, [variables[name] for name in sorted(variables)], lambda variable: variable)


@routes.put("/context/{context_id}/environment-variable/{env_var_name}")
def set_environment_variable(world: World, call: Call) -> Answer:
    """Set a variable, whether or not it is there."""
    context, name = _located(world, call)[1], call.parameters["env_var_name"]
    now = rfc3339(world.now())
    created_at = context.variables.get(name, {}).get("created_at", now)
    record = {"variable": name, "created_at": created_at, "updated_at": now, "context_id": context.id}
    context.variables[name] = record
    context.values[name] = call.fields()["value"]
    return Answer.json(record)


@routes.delete("/context/{context_id}/environment-variable/{env_var_name}")
def delete_environment_variable(world: World, call: Call) -> Answer:
    """Delete a variable."""
    context, name = _located(world, call)[1], call.parameters["env_var_name"]
    find(context.variables, name, "Environment variable")
    del context.variables[name], context.values[name]
    return Answer.message("Environment variable deleted.")


@routes.get("/context/{context_id}/restrictions")
def list_restrictions(world: World, call: Call) -> Answer:
    """Who may use a context."""
    restrictions = list(_located(world, call)[1].restrictions.values())
    return page(world.tokens, call, restrictions, lambda restriction: restriction)


@routes.post("/context/{context_id}/restrictions")
def create_restriction(world: World, call: Call) -> Answer:
    """Restrict a context to a project, a group or an expression."""
    (owner, context), fields = _located(world, call), call.fields()
    kind, value = fields.get("restriction_type", "project"), fields.get("restriction_value")
    if not value:
        raise Refusal(HTTPStatus.BAD_REQUEST, "restriction_value is missing: give an id or an expression.")
    if any((kind, value) == _meaning(restriction) for restriction in context.restrictions.values()):
        raise Refusal(HTTPStatus.CONFLICT, f"The context has that restriction of type {kind} already.")
    restriction: Record = {"id": world.uuid(), "restriction_type": kind, "restriction_value": value}
    restriction |= _named(world, owner, kind, value)
    context.restrictions[restriction["id"]] = restriction | {"context_id": context.id}
    return Answer.json(restriction, HTTPStatus.CREATED)


def _meaning(restriction: Record) -> tuple[str, str]:
    return restriction["restriction_type"], restriction["restriction_value"]


def _named(world: World, owner: Organization, kind: str, value: str) -> Record:
    match kind:
        case "project":
            project = world.project_of(value)
            return {"project_id": project.id, "name": project.name}
        case "group":
            return {"name": find(owner.groups, value, "Group")["name"]}
        case _:
            return {}


@routes.delete("/context/{context_id}/restrictions/{restriction_id}")
def delete_restriction(world: World, call: Call) -> Answer:
    """Lift a restriction."""
    restrictions = _located(world, call)[1].restrictions
    find(restrictions, call.parameters["restriction_id"], "Restriction")
    del restrictions[call.parameters["restriction_id"]]
    return Answer.message("Context restriction deleted.")
