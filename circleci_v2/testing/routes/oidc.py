"""Custom claims of the OIDC tokens that jobs get."""

from __future__ import annotations

from http import HTTPStatus

from circleci_v2.testing.clock import rfc3339
from circleci_v2.testing.messages import Answer, Call, Refusal
from circleci_v2.testing.routing import Routes
from circleci_v2.testing.state.records import Record, given
from circleci_v2.testing.state.world import World

__all__ = ["routes"]

routes = Routes()

_CLAIMS = ("audience", "ttl")


def _located(world: World, call: Call) -> tuple[Record, Record]:
    """What names the owner of the claims, and the claims."""
    organization = world.organizations.get(call.parameters["orgID"])
    if organization is None:
        raise Refusal(HTTPStatus.FORBIDDEN, "Permission denied.", key="error")
    if "projectID" not in call.parameters:
        return {"org_id": organization.id}, organization.oidc_claims
    for project in world.projects.values():
        if project.id == call.parameters["projectID"] and project.organization is organization:
            return {"org_id": organization.id, "project_id": project.id}, project.oidc_claims
    raise Refusal(HTTPStatus.FORBIDDEN, "Permission denied.", key="error")


@routes.get("/org/{orgID}/oidc-custom-claims")
@routes.get("/org/{orgID}/project/{projectID}/oidc-custom-claims")
def get(world: World, call: Call) -> Answer:
    """The claims that differ from the defaults."""
    owner, claims = _located(world, call)
    return Answer.json(owner | claims)


@routes.patch("/org/{orgID}/oidc-custom-claims")
@routes.patch("/org/{orgID}/project/{projectID}/oidc-custom-claims")
def update(world: World, call: Call) -> Answer:
    """Change claims."""
    owner, claims = _located(world, call)
    for claim, value in given(call.fields(), *_CLAIMS).items():
        claims |= {claim: value, f"{claim}_updated_at": rfc3339(world.now())}
    return Answer.json(owner | claims)


@routes.delete("/org/{orgID}/oidc-custom-claims")
@routes.delete("/org/{orgID}/project/{projectID}/oidc-custom-claims")
def delete(world: World, call: Call) -> Answer:
    """Give claims their defaults back."""
    owner, claims = _located(world, call)
    names = (call.value("claims") or "").split(",")
    if unknown := sorted(set(names) - set(_CLAIMS)):
        raise Refusal(HTTPStatus.BAD_REQUEST, f"There are no claims {unknown}: name audience or ttl.", key="error")
    for claim in names:
        claims.pop(claim, None)
        claims.pop(f"{claim}_updated_at", None)
    return Answer.json(owner | claims)
