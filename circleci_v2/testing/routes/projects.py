"""Projects, their settings, environment variables and checkout keys."""

from __future__ import annotations

from typing import Any

from circleci_v2.testing.messages import Answer, Call
from circleci_v2.testing.routing import Routes
from circleci_v2.testing.state.projects import Project
from circleci_v2.testing.state.world import World

__all__ = ["render_project", "routes"]

routes = Routes()


def render_project(project: Project) -> dict[str, Any]:
    """A project, as the API shows one."""
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


@routes.get("/project/{project-slug}")
def get(world: World, call: Call) -> Answer:
    """One project."""
    return Answer.json(render_project(world.project(call.parameters["project-slug"])))
