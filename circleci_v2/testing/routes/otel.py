"""OpenTelemetry exporters of an organization."""

from __future__ import annotations

from http import HTTPStatus

from circleci_v2.testing.messages import Answer, Call, Refusal
from circleci_v2.testing.routing import Routes
from circleci_v2.testing.state.records import Record, given
from circleci_v2.testing.state.world import World

__all__ = ["routes"]

routes = Routes()

_EXPORTERS_PER_ORGANIZATION = 5


@routes.get("/otel/exporters")
def list_exporters(world: World, call: Call) -> Answer:
    """The exporters, in a bare array."""
    return Answer.json(list(world.organization_of(call.value("org-id") or "").otel_exporters.values()))


@routes.post("/otel/exporters")
def create_exporter(world: World, call: Call) -> Answer:
    """Create an exporter; an organization has at most five."""
    fields = call.fields()
    exporters = world.organization_of(fields["org_id"]).otel_exporters
    if len(exporters) >= _EXPORTERS_PER_ORGANIZATION:
        raise Refusal(HTTPStatus.BAD_REQUEST, f"An organization has at most {_EXPORTERS_PER_ORGANIZATION} exporters.")
    exporter: Record = {
        "id": world.uuid(),
        "insecure": False,
        "headers": {},
        **given(fields, "org_id", "endpoint", "protocol", "insecure", "headers"),
        "issues": [],
    }
    exporters[exporter["id"]] = exporter
    return Answer.json(exporter, HTTPStatus.CREATED)


@routes.delete("/otel/exporters/{otel_exporter_id}")
def delete_exporter(world: World, call: Call) -> Answer:
    """Delete an exporter."""
    for organization in world.organizations.values():
        if organization.otel_exporters.pop(call.parameters["otel_exporter_id"], None) is not None:
            return Answer(HTTPStatus.NO_CONTENT)
    raise Refusal(HTTPStatus.NOT_FOUND, "Exporter not found")
