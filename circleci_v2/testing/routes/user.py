"""Users: who owns the token, who else there is."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from circleci_v2.testing.messages import Answer, Call, Refusal
from circleci_v2.testing.routing import Routes
from circleci_v2.testing.state.organizations import Organization, User
from circleci_v2.testing.state.world import World

__all__ = ["render_user", "routes"]

routes = Routes()


def render_user(user: User) -> dict[str, Any]:
    """A person, as the API shows one."""
    return {"id": user.id, "login": user.login, "name": user.name, "avatar_url": user.avatar_url}


def _render_collaboration(organization: Organization) -> dict[str, Any]:
    return {
        "id": organization.id,
        "vcs-type": organization.vcs_type,
        "name": organization.name,
        "avatar_url": f"https://avatars.example/{organization.name}.png",
        "slug": organization.slug,
    }


@routes.get("/me")
def me(world: World, call: Call) -> Answer:
    """The owner of the token."""
    return Answer.json(render_user(world.user))


@routes.get("/me/collaborations")
def collaborations(world: World, call: Call) -> Answer:
    """The organizations that the owner of the token works with."""
    return Answer.json([_render_collaboration(organization) for organization in world.organizations.values()])


@routes.get("/user/{id}")
def get(world: World, call: Call) -> Answer:
    """One person."""
    user = world.users.get(call.parameters["id"])
    if user is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "User not found")
    return Answer.json(render_user(user))
