"""Groups of an organization."""

from __future__ import annotations

from http import HTTPStatus

from circleci_v2.testing.messages import Answer, Call, Refusal
from circleci_v2.testing.paging import page, size_of_pages
from circleci_v2.testing.routing import Routes
from circleci_v2.testing.state.records import find
from circleci_v2.testing.state.world import World

__all__ = ["routes"]

routes = Routes()


@routes.get("/organizations/{org_id}/groups")
def list_groups(world: World, call: Call) -> Answer:
    """The groups, as many per page as asked for."""
    groups = list(world.organization_of(call.parameters["org_id"]).groups.values())
    size, envelope = size_of_pages(call, "limit"), {"total_count": len(groups)}
    return page(world.tokens, call, groups, lambda group: group, size=size, envelope=envelope)


@routes.post("/organizations/{org_id}/groups")
def create(world: World, call: Call) -> Answer:
    """Create a group; its name is unique within the organization."""
    groups, fields = world.organization_of(call.parameters["org_id"]).groups, call.fields()
    if any(group["name"] == fields["name"] for group in groups.values()):
        raise Refusal(HTTPStatus.CONFLICT, f"There is a group named {fields['name']} already.")
    group = {"id": world.uuid(), "name": fields["name"], "description": fields.get("description", "")}
    groups[group["id"]] = group
    return Answer.json(group, HTTPStatus.CREATED)


@routes.get("/organizations/{org_id}/groups/{group_id}")
def get(world: World, call: Call) -> Answer:
    """One group."""
    return Answer.json(
        find(world.organization_of(call.parameters["org_id"]).groups, call.parameters["group_id"], "Group")
    )


@routes.delete("/organizations/{org_id}/groups/{group_id}")
def delete(world: World, call: Call) -> Answer:
    """Delete a group."""
    groups = world.organization_of(call.parameters["org_id"]).groups
    find(groups, call.parameters["group_id"], "Group")
    del groups[call.parameters["group_id"]]
    return Answer.message("Group deleted.")
