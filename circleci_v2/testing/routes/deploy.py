"""Deploys: environments, components, their versions, and rollbacks to one of these."""

from __future__ import annotations

from http import HTTPStatus

from circleci_v2.testing.messages import Answer, Call, Refusal
from circleci_v2.testing.paging import page, size_of_pages
from circleci_v2.testing.routing import Routes
from circleci_v2.testing.state.organizations import Organization
from circleci_v2.testing.state.records import Record, find
from circleci_v2.testing.state.world import World

__all__ = ["routes"]

routes = Routes()


def _page(world: World, call: Call, items: list[Record]) -> Answer:
    return page(world.tokens, call, items, lambda item: item, size=size_of_pages(call, "page-size"))


@routes.get("/deploy/environments")
def list_environments(world: World, call: Call) -> Answer:
    """The environments of an organization."""
    return _page(world, call, list(world.organization_of(call.value("org-id") or "").environments.values()))


@routes.get("/deploy/environments/{environment_id}")
def get_environment(world: World, call: Call) -> Answer:
    """One environment."""
    environments = {
        identifier: environment
        for organization in world.organizations.values()
        for identifier, environment in organization.environments.items()
    }
    return Answer.json(find(environments, call.parameters["environment_id"], "Environment"))


@routes.get("/deploy/components")
def list_components(world: World, call: Call) -> Answer:
    """The components of an organization, or of one project of it."""
    components = world.organization_of(call.value("org-id") or "").components.values()
    project = call.value("project-id")
    return _page(world, call, [component for component in components if project in {None, component["project_id"]}])


@routes.get("/deploy/components/{component_id}")
def get_component(world: World, call: Call) -> Answer:
    """One component."""
    return Answer.json(_component(world, call)[1])


@routes.get("/deploy/components/{component_id}/versions")
def list_component_versions(world: World, call: Call) -> Answer:
    """What was deployed of a component, the newest first."""
    organization, component = _component(world, call)
    environment = call.value("environment-id")
    versions = organization.component_versions.get(component["id"], [])
    return _page(world, call, [version for version in versions if environment in {None, version["environment_id"]}])


def _component(world: World, call: Call) -> tuple[Organization, Record]:
    for organization in world.organizations.values():
        if component := organization.components.get(call.parameters["component_id"]):
            return organization, component
    raise Refusal(HTTPStatus.NOT_FOUND, "Component not found")


@routes.post("/projects/{project_id}/rollback")
def roll_back(world: World, call: Call) -> Answer:
    """Make another version of a component the live one."""
    project, fields = world.project_of(call.parameters["project_id"]), call.fields()
    organization = project.organization
    component = _by_name(organization.components, fields["component_name"], "Component")
    environment = _by_name(organization.environments, fields["environment_name"], "Environment")
    versions = [
        version
        for version in organization.component_versions[component["id"]]
        if version["environment_id"] == environment["id"]
    ]
    by_name = {version["name"]: version for version in versions}
    current, target = fields["current_version"], fields["target_version"]
    if not find(by_name, current, "Current version")["is_live"]:
        raise Refusal(HTTPStatus.CONFLICT, f"Version {current} is not live.")
    find(by_name, target, "Target version")
    for version in versions:
        version["is_live"] = version["name"] == target
    return Answer.json({"id": world.uuid(), "rollback_type": "PIPELINE"}, HTTPStatus.ACCEPTED)


def _by_name(things: dict[str, Record], name: str, kind: str) -> Record:
    return find({thing["name"]: thing for thing in things.values()}, name, kind)
