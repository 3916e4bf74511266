"""Contexts, environment variables of contexts and projects, and checkout keys."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from http import HTTPStatus
from typing import Any, Final

from circleci_v2.testing.clock import rfc3339
from circleci_v2.testing.messages import FakeRequest, FakeResponse, HTTPError, page
from circleci_v2.testing.routes import Routes
from circleci_v2.testing.state import FakeState
from circleci_v2.testing.state.resources import FakeContext, FakeOrganization, Record, find_or_404, masked

__all__ = ["routes"]

routes = Routes()

_VARIABLES_PER_CONTEXT: Final = 100
_SHOWN_TYPES: Final = {"deploy-key": "deploy-key", "user-key": "github-user-key"}


def _render_context(context: FakeContext) -> dict[str, Any]:
    return {"id": context.id, "name": context.name, "created_at": rfc3339(context.created_at)}


def _owner(state: FakeState, identifier: str | None, slug: str | None) -> FakeOrganization:
    if identifier:
        return state.organization_by_id(identifier)
    if slug:
        return state.organization(slug)
    raise HTTPError(HTTPStatus.NOT_FOUND, "Pass owner-id or owner-slug.")


def _find_context(state: FakeState, request: FakeRequest) -> tuple[FakeOrganization, FakeContext]:
    identifier = request.path_params["context_id"]
    for organization in state.organizations.values():
        if identifier in organization.contexts:
            return organization, organization.contexts[identifier]
    # The live API does not distinguish a missing context from one that belongs to others.
    raise HTTPError(HTTPStatus.FORBIDDEN, "Permission denied.")


@routes.get("/context")
def list_contexts(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the contexts of an organization by name; CircleCI's CLI also selects them by ``name``, a part of the name."""
    owner = _owner(state, request.query_value("owner-id"), request.query_value("owner-slug"))
    part = (request.query_value("name") or "").casefold()
    contexts = [context for context in owner.contexts.values() if part in context.name.casefold()]
    return page(state.tokens, request, sorted(contexts, key=lambda context: context.name.casefold()), _render_context)


@routes.post("/context")
def create_context(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Create a context, whose name has to be unique within the organization; it is restricted to all members."""
    fields = request.json_object()
    owner, name = _owner(state, fields["owner"].get("id"), fields["owner"].get("slug")), fields["name"]
    if any(context.name == name for context in owner.contexts.values()):
        raise HTTPError(HTTPStatus.BAD_REQUEST, f"A context named {name} exists already.")
    return FakeResponse.json(_render_context(owner.add_context(state.uuid(), name, created_at=state.now())))


@routes.get("/context/{context_id}")
def get_context(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get a context; unlike other responses, this one contains its organization, variables and restrictions."""
    owner, context = _find_context(state, request)
    variables = [_render_variable(context, name) for name in sorted(context.variables)]
    for variable in variables:
        del variable["context_id"]
    contents = {"environment_variables": variables, "restrictions": list(context.restrictions.values())}
    return FakeResponse.json({**_render_context(context), "org_id": owner.id, **contents})


@routes.delete("/context/{context_id}")
def delete_context(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Delete a context with its variables."""
    owner, context = _find_context(state, request)
    del owner.contexts[context.id]
    return FakeResponse.message("Context deleted.")


def _render_variable(context: FakeContext, name: str) -> Record:
    """Return a variable as lists show it; the response to a change does not contain the end of the value."""
    shown = masked(context.values[name]).removeprefix(masked(""))
    return {**context.variables[name], "truncated_value": shown}


@routes.get("/context/{context_id}/environment-variable")
def list_context_variables(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the environment variables of a context, with the ends of their values, 100 on a page."""
    context = _find_context(state, request)[1]
    names = sorted(context.variables)
    size = _VARIABLES_PER_CONTEXT
    return page(state.tokens, request, names, lambda name: _render_variable(context, name), size=size)


@routes.put("/context/{context_id}/environment-variable/{env_var_name}")
def set_context_variable(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Create or update an environment variable; a body with another key than ``value`` sets it to an empty text."""
    context, name = _find_context(state, request)[1], request.path_params["env_var_name"]
    fields = request.json_object()
    if not fields:
        raise HTTPError(HTTPStatus.BAD_REQUEST, "Invalid body.")
    if name not in context.variables and len(context.variables) >= _VARIABLES_PER_CONTEXT:
        msg = f"Cannot create more than {_VARIABLES_PER_CONTEXT} environment variables per context"
        raise HTTPError(HTTPStatus.BAD_REQUEST, msg)
    now = rfc3339(state.now())
    created_at = context.variables.get(name, {}).get("created_at", now)
    record = {"variable": name, "created_at": created_at, "updated_at": now, "context_id": context.id}
    context.variables[name] = record
    context.values[name] = fields.get("value", "")
    return FakeResponse.json(record)


@routes.delete("/context/{context_id}/environment-variable/{env_var_name}")
def delete_context_variable(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Delete an environment variable."""
    context, name = _find_context(state, request)[1], request.path_params["env_var_name"]
    find_or_404(context.variables, name, "Environment variable")
    del context.variables[name], context.values[name]
    return FakeResponse.message("Environment variable deleted.")


@routes.get("/context/{context_id}/restrictions")
def list_restrictions(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the restrictions of a context."""
    restrictions = list(_find_context(state, request)[1].restrictions.values())
    return page(state.tokens, request, restrictions, lambda restriction: restriction)


@routes.post("/context/{context_id}/restrictions")
def create_restriction(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Restrict a context to a project, an expression, or the group of all members."""
    (owner, context), fields = _find_context(state, request), request.json_object()
    kind, value = fields.get("restriction_type", "project"), fields.get("restriction_value")
    if not value:
        raise HTTPError(HTTPStatus.BAD_REQUEST, "restriction_value is missing: pass an id or an expression.")
    if kind == "group":
        return _restrict_to_group(owner, context, value)
    if any((kind, value) == _kind_and_value(restriction) for restriction in context.restrictions.values()):
        raise HTTPError(HTTPStatus.CONFLICT, f"The context has this {kind} restriction already.")
    restriction: Record = {"id": state.uuid(), "restriction_type": kind, "restriction_value": value}
    if kind == "project":
        project = state.project_by_id(value)
        restriction |= {"project_id": project.id, "name": project.name}
    context.restrictions[restriction["id"]] = restriction | {"context_id": context.id}
    return FakeResponse.json(restriction, HTTPStatus.CREATED)


def _restrict_to_group(owner: FakeOrganization, context: FakeContext, group_id: str) -> FakeResponse:
    """Restrict a context to all members, the only group that the live API accepts; it may be restricted so already."""
    if owner.vcs_type == "circleci":
        raise HTTPError(HTTPStatus.BAD_REQUEST, "This is only supported for OAuth orgs.")
    if group_id != owner.id:
        raise HTTPError(HTTPStatus.BAD_REQUEST, "Invalid restriction.")
    context.restrictions[owner.id] = owner.all_members | {"context_id": context.id}
    return FakeResponse.json(owner.all_members, HTTPStatus.CREATED)


def _kind_and_value(restriction: Record) -> tuple[str, str]:
    return restriction["restriction_type"], restriction["restriction_value"]


@routes.delete("/context/{context_id}/restrictions/{restriction_id}")
def delete_restriction(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Delete a restriction."""
    restrictions = _find_context(state, request)[1].restrictions
    find_or_404(restrictions, request.path_params["restriction_id"], "Restriction")
    del restrictions[request.path_params["restriction_id"]]
    return FakeResponse.message("Context restriction deleted.")


def _project_variables(state: FakeState, request: FakeRequest) -> dict[str, Record]:
    return state.project(request.path_params["project-slug"]).environment_variables


@routes.get("/project/{project-slug}/envvar")
def list_project_variables(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the environment variables of a project, with masked values."""
    variables = _project_variables(state, request)
    return page(state.tokens, request, [variables[name] for name in sorted(variables)], lambda variable: variable)


@routes.post("/project/{project-slug}/envvar")
def create_project_variable(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Create an environment variable, or overwrite the existing one of this name."""
    variables, fields = _project_variables(state, request), request.json_object()
    variable = {"name": fields["name"], "value": masked(fields["value"]), "created-at": rfc3339(state.now())}
    variables[fields["name"]] = variable
    return FakeResponse.json(variable, HTTPStatus.CREATED)


@routes.get("/project/{project-slug}/envvar/{name}")
def get_project_variable(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get an environment variable, with its value masked."""
    return FakeResponse.json(
        find_or_404(_project_variables(state, request), request.path_params["name"], "Environment variable")
    )


@routes.delete("/project/{project-slug}/envvar/{name}")
def delete_project_variable(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Delete an environment variable."""
    variables, name = _project_variables(state, request), request.path_params["name"]
    find_or_404(variables, name, "Environment variable")
    del variables[name]
    return FakeResponse.message("Environment variable deleted.")


def _keys(state: FakeState, request: FakeRequest) -> dict[str, Record]:
    return state.project(request.path_params["project-slug"]).checkout_keys


def _render_key(key: Record, digest: str | None) -> dict[str, Any]:
    shown = {name: value for name, value in key.items() if name not in {"md5", "sha256"}}
    return shown | {"fingerprint": key[digest or "md5"]}


def _find_key(state: FakeState, request: FakeRequest) -> Record:
    fingerprint = request.path_params["fingerprint"]
    for key in _keys(state, request).values():
        if fingerprint in {key["md5"], key["sha256"]}:
            return key
    raise HTTPError(HTTPStatus.NOT_FOUND, "Checkout key not found")


@routes.get("/project/{project-slug}/checkout-key")
def list_checkout_keys(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the checkout keys, with fingerprints of the requested digest."""
    digest = request.query_value("digest")
    return page(state.tokens, request, list(_keys(state, request).values()), lambda key: _render_key(key, digest))


@routes.post("/project/{project-slug}/checkout-key")
def create_checkout_key(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Create a checkout key, which becomes the preferred one; projects of standalone organizations have none."""
    project = state.project(request.path_params["project-slug"])
    if project.organization.vcs_type == "circleci":
        raise HTTPError(HTTPStatus.BAD_REQUEST, "This API is not supported for this project.")
    keys = project.checkout_keys
    material = state.random.randbytes(32)
    md5 = hashlib.md5(material, usedforsecurity=False).hexdigest()
    key: Record = {
        "public-key": f"ssh-ed25519 {b64encode(material).decode()}",
        "type": _SHOWN_TYPES[request.json_object()["type"]],
        "preferred": True,
        "created-at": rfc3339(state.now()),
        "md5": ":".join(md5[start : start + 2] for start in range(0, len(md5), 2)),
        "sha256": "SHA256:" + b64encode(hashlib.sha256(material).digest()).decode().rstrip("="),
    }
    for other in keys.values():
        other["preferred"] = False
    keys[key["md5"]] = key
    return FakeResponse.json(_render_key(key, None), HTTPStatus.CREATED)


@routes.get("/project/{project-slug}/checkout-key/{fingerprint}")
def get_checkout_key(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get a checkout key by its MD5 or SHA-256 fingerprint."""
    key = _find_key(state, request)
    return FakeResponse.json(_render_key(key, "md5" if request.path_params["fingerprint"] == key["md5"] else "sha256"))


@routes.delete("/project/{project-slug}/checkout-key/{fingerprint}")
def delete_checkout_key(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Delete a checkout key."""
    del _keys(state, request)[_find_key(state, request)["md5"]]
    return FakeResponse.message("Checkout key deleted.")
