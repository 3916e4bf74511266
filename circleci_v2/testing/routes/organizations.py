"""Organizations, their projects, groups, OIDC claims and usage exports, and users."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any, Final

from circleci_v2.testing.clock import parse_rfc3339, rfc3339
from circleci_v2.testing.downloads import PARTS, has_usage, storage_url
from circleci_v2.testing.messages import FakeRequest, FakeResponse, HTTPError
from circleci_v2.testing.routes import Routes
from circleci_v2.testing.state import FakeState
from circleci_v2.testing.state.projects import FakeProject
from circleci_v2.testing.state.resources import (
    DEFAULT_SETTINGS,
    FakeOrganization,
    FakeUser,
    Record,
    UsageExportJob,
    find_or_404,
    pick,
)

__all__ = ["render_user", "routes", "slug_of"]

routes = Routes()

_PREFIXES = {"github": "gh", "bitbucket": "bb", "circleci": "circleci"}
_GROUPS_PER_ORGANIZATION: Final = 100
_READ_ONLY_SETTINGS: Final = {"oss"}
_CLAIMS = ("audience", "ttl")
_DURATION: Final = re.compile(r"([0-9]{1,9})(ms|h|m|s)")  # the live API refuses the days and weeks of the document
_UNITS: Final = {"h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
_USAGE_FIELDS: Final = {"start", "end", "shared_org_ids"}
_PROCESSING_AFTER: Final = 5.0
_READY_AFTER: Final = 30.0
_LONGEST_SECONDS: Final = 31 * 24 * 3600
_OLDEST_SECONDS: Final = 366 * 24 * 3600


def _render_organization(organization: FakeOrganization) -> dict[str, Any]:
    return {
        "id": organization.id,
        "name": organization.name,
        "slug": organization.slug,
        "vcs_type": organization.vcs_type,
    }


def _find_organization(state: FakeState, request: FakeRequest) -> FakeOrganization:
    return state.organization(request.path_params["org-slug-or-id"])


@routes.post("/organization")
def create_organization(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Create an organization."""
    fields = request.json_object()
    name = fields["name"]
    if not name or "/" in name:
        raise HTTPError(HTTPStatus.BAD_REQUEST, f"{name!r} is not a valid name of an organization.")
    return FakeResponse.json(
        _render_organization(state.add_organization(f"{_PREFIXES[fields['vcs_type']]}/{name}")), HTTPStatus.CREATED
    )


@routes.get("/organization/{org-slug-or-id}")
def get_organization(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get an organization."""
    return FakeResponse.json(_render_organization(_find_organization(state, request)))


@routes.delete("/organization/{org-slug-or-id}")
def delete_organization(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Delete an organization with its projects."""
    state.remove_organization(_find_organization(state, request))
    return FakeResponse.message("Organization deleted.", HTTPStatus.ACCEPTED)


@routes.get("/organization/{org-slug-or-id}/url-orb-allow-list")
def list_url_orb_allow_list(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the URL prefixes from which orbs may be loaded."""
    return FakeResponse.json({"items": list(_find_organization(state, request).url_orb_allow_list.values())})


@routes.post("/organization/{org-slug-or-id}/url-orb-allow-list")
def create_url_orb_allow_list_entry(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Allow a URL prefix."""
    entry = {"id": state.uuid(), **pick(request.json_object(), "name", "prefix", "auth")}
    _find_organization(state, request).url_orb_allow_list[entry["id"]] = entry
    return FakeResponse.json({"id": entry["id"], "message": "URL orb allow-list entry created."})


@routes.delete("/organization/{org-slug-or-id}/url-orb-allow-list/{allow-list-entry-id}")
def remove_url_orb_allow_list_entry(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Remove a URL prefix from the allow list, with the same response whether or not it is on it."""
    identifier = request.path_params["allow-list-entry-id"]
    _find_organization(state, request).url_orb_allow_list.pop(identifier, None)
    return FakeResponse.json({"id": identifier, "message": "URL orb allow-list entry removed."})


def slug_of(request: FakeRequest) -> str:
    """Return the project slug of a path that contains it as three parameters."""
    return "/".join(request.path_params[name] for name in ("provider", "organization", "project"))


def _render_project(project: FakeProject) -> dict[str, Any]:
    return {
        "slug": project.slug,
        "name": project.name,
        "id": project.id,
        "organization_name": project.organization.name,
        "organization_slug": project.organization.slug,
        "organization_id": project.organization.id,
        "vcs_info": {
            "vcs_url": project.vcs_url,
            "provider": project.provider,
            "default_branch": project.default_branch,
        },
    }


def _add_project(state: FakeState, slug: str) -> FakeProject:
    try:
        return state.add_project(slug)
    except ValueError as error:
        raise HTTPError(HTTPStatus.BAD_REQUEST, f"The project cannot be created: {error}.") from error


@routes.get("/project/{project-slug}")
def get_project(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get a project."""
    return FakeResponse.json(_render_project(state.project(request.path_params["project-slug"])))


@routes.post("/organization/{org-slug-or-id}/project")
def create_project(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Create a project in an organization."""
    organization = state.organization(request.path_params["org-slug-or-id"])
    return FakeResponse.json(
        _render_project(_add_project(state, f"{organization.slug}/{request.json_object()['name']}"))
    )


@routes.post("/project/{provider}/{organization}/{project}")
def create_from_repository(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Create a project from a repository on GitHub (OAuth) or Bitbucket."""
    if request.path_params["provider"] == "circleci":
        raise HTTPError(
            HTTPStatus.METHOD_NOT_ALLOWED, "Only GitHub OAuth and Bitbucket projects can be created like this."
        )
    return FakeResponse.json({"advanced": _add_project(state, slug_of(request)).settings}, HTTPStatus.CREATED)


@routes.delete("/project/{project-slug}")
def delete_project(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Delete a project with its pipelines."""
    state.remove_project(state.project(request.path_params["project-slug"]))
    return FakeResponse.message("Project deleted")


@routes.get("/project/{provider}/{organization}/{project}/settings")
def get_settings(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get the advanced settings of a project."""
    return FakeResponse.json({"advanced": state.project(slug_of(request)).settings})


@routes.patch("/project/{provider}/{organization}/{project}/settings")
def update_settings(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Change the given advanced settings; some are written although the response is an error, as measured."""
    project = state.project(slug_of(request))
    changes: dict[str, Any] = request.json_object().get("advanced") or {}
    if unexpected := sorted(set(changes) - set(DEFAULT_SETTINGS) | set(changes) & _READ_ONLY_SETTINGS):
        raise HTTPError(HTTPStatus.BAD_REQUEST, f"Unexpected field 'advanced.{unexpected[0]}'.")
    refused = project.organization.vcs_type == "circleci" and changes.get("forks_receive_secret_env_vars") is True
    if refused:
        del changes["forks_receive_secret_env_vars"]
    project.settings |= changes
    if refused:
        raise HTTPError(HTTPStatus.FORBIDDEN, "Permission denied.")
    return FakeResponse.json({"advanced": project.settings})


@routes.get("/organizations/{org_id}/groups")
def list_groups(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the groups of an organization, on one page: like the live API, ignore ``limit`` and ``page-token``."""
    groups = list(state.organization_by_id(request.path_params["org_id"]).groups.values())
    return FakeResponse.json({"items": groups, "next_page_token": None, "total_count": len(groups)})


@routes.post("/organizations/{org_id}/groups")
def create_group(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Create a group, whose name has to be unique within the organization."""
    groups, fields = state.organization_by_id(request.path_params["org_id"]).groups, request.json_object()
    if any(group["name"] == fields["name"] for group in groups.values()):
        raise HTTPError(HTTPStatus.CONFLICT, f"A group named {fields['name']} exists already.")
    if len(groups) >= _GROUPS_PER_ORGANIZATION:
        raise HTTPError(HTTPStatus.CONFLICT, f"Exceeded max number of groups in org: {_GROUPS_PER_ORGANIZATION}.")
    group = {"id": state.uuid(), "name": fields["name"], "description": fields.get("description", "")}
    groups[group["id"]] = group
    return FakeResponse.json(group, HTTPStatus.CREATED)


def _find_group(state: FakeState, request: FakeRequest) -> tuple[FakeOrganization, Record]:
    organization = state.organization_by_id(request.path_params["org_id"])
    group = organization.groups.get(request.path_params["group_id"])
    if group is None:
        raise HTTPError(HTTPStatus.FORBIDDEN, "Permission denied.")  # the live API's response, not 404
    return organization, group


@routes.get("/organizations/{org_id}/groups/{group_id}")
def get_group(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get a group."""
    return FakeResponse.json(_find_group(state, request)[1])


@routes.delete("/organizations/{org_id}/groups/{group_id}")
def delete_group(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Delete a group."""
    organization, group = _find_group(state, request)
    del organization.groups[group["id"]]
    return FakeResponse.message("Group deleted.")


def _claims_of(state: FakeState, request: FakeRequest) -> tuple[Record, Record]:
    """Return the ids of the owner, and its claims."""
    organization = state.organizations.get(request.path_params["orgID"])
    if organization is None:
        raise HTTPError(HTTPStatus.FORBIDDEN, "Permission denied.", key="error")
    if "projectID" not in request.path_params:
        return {"org_id": organization.id}, organization.oidc_claims
    for project in state.projects.values():
        if project.id == request.path_params["projectID"] and project.organization is organization:
            return {"org_id": organization.id, "project_id": project.id}, project.oidc_claims
    raise HTTPError(HTTPStatus.FORBIDDEN, "Permission denied.", key="error")


@routes.get("/org/{orgID}/oidc-custom-claims")
@routes.get("/org/{orgID}/project/{projectID}/oidc-custom-claims")
def get_claims(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get the claims that differ from the defaults."""
    owner, claims = _claims_of(state, request)
    return FakeResponse.json(owner | claims)


@routes.patch("/org/{orgID}/oidc-custom-claims")
@routes.patch("/org/{orgID}/project/{projectID}/oidc-custom-claims")
def update_claims(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Change the given claims."""
    owner, claims = _claims_of(state, request)
    changes = pick(request.json_object(), *_CLAIMS)
    if "ttl" in changes:
        changes["ttl"] = _normalized_duration(changes["ttl"])
    for claim, value in changes.items():
        claims |= {claim: value, f"{claim}_updated_at": rfc3339(state.now())}
    return FakeResponse.json(owner | claims)


def _normalized_duration(text: str) -> str:
    """Return a duration as the live API does: in hours, minutes and seconds, the syntax of Go, so ``90m`` is ``1h30m0s``."""
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise HTTPError(HTTPStatus.BAD_REQUEST, f"TTL: {text!r} is not a duration such as 1h30m.", key="error")
    milliseconds = sum(int(number) * _UNITS[unit] for number, unit in parts)
    if 0 < milliseconds < _UNITS["s"]:
        return f"{milliseconds}ms"
    minutes, rest = divmod(milliseconds, _UNITS["m"])
    hours, minutes = divmod(minutes, 60)
    seconds, fraction = divmod(rest, _UNITS["s"])
    # Go writes a fraction as 1.5s, which the document does not allow; no response with one is known.
    end = f"{seconds}s{fraction}ms" if fraction else f"{seconds}s"
    return f"{hours}h{minutes}m{end}" if hours else f"{minutes}m{end}" if minutes else end


@routes.delete("/org/{orgID}/oidc-custom-claims")
@routes.delete("/org/{orgID}/project/{projectID}/oidc-custom-claims")
def delete_claims(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Reset claims to their defaults; when they were last set stays known."""
    owner, claims = _claims_of(state, request)
    if not request.query_value("claims"):
        raise HTTPError(HTTPStatus.BAD_REQUEST, "Claims: cannot be blank.", key="error")
    names = (request.query_value("claims") or "").split(",")
    if unknown := sorted(set(names) - set(_CLAIMS)):
        raise HTTPError(HTTPStatus.BAD_REQUEST, f"Unknown claims: {unknown}; use audience or ttl.", key="error")
    for claim in names:
        claims.pop(claim, None)
    return FakeResponse.json(owner | claims)


def render_user(user: FakeUser) -> dict[str, Any]:
    """Return a user as the API shows it."""
    return {"id": user.id, "login": user.login, "name": user.name, "avatar_url": user.avatar_url}


def _render_collaboration(organization: FakeOrganization) -> dict[str, Any]:
    return {
        "id": organization.id,
        "vcs-type": organization.vcs_type,
        "name": organization.name,
        "avatar_url": f"https://avatars.example/{organization.name}.png",
        "slug": organization.slug,
    }


@routes.get("/me")
def get_me(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get the owner of the token."""
    return FakeResponse.json(render_user(state.user))


@routes.get("/me/collaborations")
def list_collaborations(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the organizations of the owner of the token."""
    return FakeResponse.json([_render_collaboration(organization) for organization in state.organizations.values()])


@routes.get("/user/{id}")
def get_user(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get a user."""
    user = state.users.get(request.path_params["id"])
    if user is None:
        raise HTTPError(HTTPStatus.NOT_FOUND, "User not found")
    return FakeResponse.json(render_user(user))


@routes.post("/organizations/{org_id}/usage_export_job")
def create_export(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Create a usage export of at most 31 days, which starts at most 366 days ago."""
    organization, fields = state.organization_by_id(request.path_params["org_id"]), request.json_object()
    if set(fields) - _USAGE_FIELDS:
        raise HTTPError(HTTPStatus.BAD_REQUEST, "Unexpected field")  # unlike others, this operation ignores no key
    start, end = (parse_rfc3339(fields[name]).timestamp() for name in ("start", "end"))
    if not 0 < end - start <= _LONGEST_SECONDS:
        raise HTTPError(HTTPStatus.BAD_REQUEST, "end has to be after start, by at most 31 days.")
    if end > state.now():
        raise HTTPError(HTTPStatus.BAD_REQUEST, "end is in the future.")
    if start < state.now() - _OLDEST_SECONDS:
        raise HTTPError(HTTPStatus.BAD_REQUEST, "start is more than 366 days ago.")
    export = UsageExportJob(id=state.uuid(), created_at=state.now(), start=start, end=end)
    organization.usage_exports[export.id] = export
    times = {"start": rfc3339(start), "end": rfc3339(end)}
    return FakeResponse.json(
        {"usage_export_job_id": export.id, "state": "created", **times, "download_urls": None}, HTTPStatus.CREATED
    )


@routes.get("/organizations/{org_id}/usage_export_job/{usage_export_job_id}")
def get_export(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get the state of a usage export, and the URLs of its files when it is completed and found any usage."""
    organization = state.organization_by_id(request.path_params["org_id"])
    export = find_or_404(organization.usage_exports, request.path_params["usage_export_job_id"], "Usage export job")
    status = _export_state(export, state.now())
    shown: dict[str, Any] = {"usage_export_job_id": export.id, "state": status, "download_urls": None}
    if status == "completed" and has_usage(state, organization, export):
        keys = (f"usage/{organization.id}/{export.id}/{part}" for part in range(PARTS))
        shown["download_urls"] = [storage_url(state, key) for key in keys]
    if status == "failed":
        shown["error_reason"] = "The query timed out."
    return FakeResponse.json(shown)


def _export_state(export: UsageExportJob, now: float) -> str:
    age = now - export.created_at
    if age < _PROCESSING_AFTER:
        return "created"
    return "processing" if age < _READY_AFTER else export.state
