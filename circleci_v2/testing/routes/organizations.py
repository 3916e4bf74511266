"""Organizations and the addresses from which they may load orbs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from circleci_v2.testing.messages import Answer, Call, Refusal
from circleci_v2.testing.routing import Routes
from circleci_v2.testing.state.organizations import Organization
from circleci_v2.testing.state.records import find, given
from circleci_v2.testing.state.world import World

__all__ = ["routes"]

routes = Routes()

_PREFIXES = {"github": "gh", "bitbucket": "bb", "circleci": "circleci"}


def _render(organization: Organization) -> dict[str, Any]:
    return {
        "id": organization.id,
        "name": organization.name,
        "slug": organization.slug,
        "vcs_type": organization.vcs_type,
    }


def _named(world: World, call: Call) -> Organization:
    return world.organization(call.parameters["org-slug-or-id"])


@routes.post("/organization")
def create(world: World, call: Call) -> Answer:
    """Create an organization."""
    fields = call.fields()
    name = fields["name"]
    if not name or "/" in name:
        raise Refusal(HTTPStatus.BAD_REQUEST, f"{name!r} cannot be the name of an organization.")
    return Answer.json(_render(world.add_organization(f"{_PREFIXES[fields['vcs_type']]}/{name}")), HTTPStatus.CREATED)


@routes.get("/organization/{org-slug-or-id}")
def get(world: World, call: Call) -> Answer:
    """One organization."""
    return Answer.json(_render(_named(world, call)))


@routes.delete("/organization/{org-slug-or-id}")
def delete(world: World, call: Call) -> Answer:
    """Delete an organization and its projects."""
    world.remove_organization(_named(world, call))
    return Answer.message("Organization deleted.", HTTPStatus.ACCEPTED)


@routes.get("/organization/{org-slug-or-id}/url-orb-allow-list")
def list_url_orb_allow_list(world: World, call: Call) -> Answer:
    """The addresses."""
    return Answer.json({"items": list(_named(world, call).url_orb_allow_list.values())})


@routes.post("/organization/{org-slug-or-id}/url-orb-allow-list")
def create_url_orb_allow_list_entry(world: World, call: Call) -> Answer:
    """Allow an address."""
    entry = {"id": world.uuid(), **given(call.fields(), "name", "prefix", "auth")}
    _named(world, call).url_orb_allow_list[entry["id"]] = entry
    return Answer.json({"id": entry["id"], "message": "URL orb allow-list entry created."})


@routes.delete("/organization/{org-slug-or-id}/url-orb-allow-list/{allow-list-entry-id}")
def remove_url_orb_allow_list_entry(world: World, call: Call) -> Answer:
    """Allow an address no longer."""
    entries, identifier = _named(world, call).url_orb_allow_list, call.parameters["allow-list-entry-id"]
    find(entries, identifier, "Allow-list entry")
    del entries[identifier]
    return Answer.json({"id": identifier, "message": "URL orb allow-list entry removed."})
