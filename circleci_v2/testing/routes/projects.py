"""Projects and their settings."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from circleci_v2.testing.messages import Answer, Call, Refusal
from circleci_v2.testing.routing import Routes
from circleci_v2.testing.state.projects import DEFAULT_SETTINGS, Project
from circleci_v2.testing.state.world import World

__all__ = ["routes", "slug_of"]

routes = Routes()


def slug_of(call: Call) -> str:
    """The project slug that stands in the path as three parameters."""
    return "/".join(call.parameters[name] for name in ("provider", "organization", "project"))


def _render(project: Project) -> dict[str, Any]:
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


def _add(world: World, slug: str) -> Project:
    try:
        return world.add_project(slug)
    except ValueError as error:
        raise Refusal(HTTPStatus.BAD_REQUEST, f"The project cannot be created: {error}.") from error


@routes.get("/project/{project-slug}")
def get(world: World, call: Call) -> Answer:
    """One project."""
    return Answer.json(_render(world.project(call.parameters["project-slug"])))


@routes.post("/organization/{org-slug-or-id}/project")
def create(world: World, call: Call) -> Answer:
    """Create a project in an organization."""
    organization = world.organization(call.parameters["org-slug-or-id"])
    return Answer.json(_render(_add(world, f"{organization.slug}/{call.fields()['name']}")))


@routes.post("/project/{provider}/{organization}/{project}")
def create_from_repository(world: World, call: Call) -> Answer:
    """Create a project for a repository of GitHub OAuth or Bitbucket."""
    if call.parameters["provider"] == "circleci":
        raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "Only GitHub OAuth and Bitbucket projects are created like this.")
    return Answer.json({"advanced": _add(world, slug_of(call)).settings}, HTTPStatus.CREATED)


@routes.delete("/project/{project-slug}")
def delete(world: World, call: Call) -> Answer:
    """Delete a project and its past."""
    world.remove_project(world.project(call.parameters["project-slug"]))
    return Answer.message("Project deleted.")


@routes.get("/project/{provider}/{organization}/{project}/settings")
def get_settings(world: World, call: Call) -> Answer:
    """The advanced settings."""
    return Answer.json({"advanced": world.project(slug_of(call)).settings})


@routes.patch("/project/{provider}/{organization}/{project}/settings")
def update_settings(world: World, call: Call) -> Answer:
    """Change the settings that are given."""
    project = world.project(slug_of(call))
    changes: dict[str, Any] = call.fields().get("advanced") or {}
    if unknown := sorted(set(changes) - set(DEFAULT_SETTINGS)):
        raise Refusal(HTTPStatus.BAD_REQUEST, f"There are no settings {unknown}.")
    project.settings |= changes
    return Answer.json({"advanced": project.settings})
