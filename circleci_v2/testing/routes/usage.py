"""Usage exports: asked for, ready a while later, fetched from the storage."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from circleci_v2.testing.clock import moment_of, rfc3339
from circleci_v2.testing.downloads import storage_url
from circleci_v2.testing.messages import Answer, Call, Refusal
from circleci_v2.testing.routing import Routes
from circleci_v2.testing.state.organizations import UsageExport
from circleci_v2.testing.state.records import find
from circleci_v2.testing.state.world import World
from circleci_v2.testing.usage import PARTS

__all__ = ["routes"]

routes = Routes()

_PROCESSING_AFTER: Final = 5.0
_READY_AFTER: Final = 30.0
_LONGEST_SECONDS: Final = 31 * 24 * 3600


@routes.post("/organizations/{org_id}/usage_export_job")
def create_export(world: World, call: Call) -> Answer:
    """Ask for an export of at most 31 days."""
    organization, fields = world.organization_of(call.parameters["org_id"]), call.fields()
    start, end = (moment_of(fields[name]).timestamp() for name in ("start", "end"))
    if not 0 < end - start <= _LONGEST_SECONDS:
        raise Refusal(HTTPStatus.BAD_REQUEST, "The end has to come after the start, by 31 days at most.")
    if end > world.now():
        raise Refusal(HTTPStatus.BAD_REQUEST, "The end is in the future.")
    export = UsageExport(id=world.uuid(), created_at=world.now(), start=start, end=end)
    organization.usage_exports[export.id] = export
    times = {"start": rfc3339(start), "end": rfc3339(end)}
    return Answer.json(
        {"usage_export_job_id": export.id, "state": "created", **times, "download_urls": []}, HTTPStatus.CREATED
    )


@routes.get("/organizations/{org_id}/usage_export_job/{usage_export_job_id}")
def get_export(world: World, call: Call) -> Answer:
    """How far an export is, and where its files are once it is ready."""
    organization = world.organization_of(call.parameters["org_id"])
    export = find(organization.usage_exports, call.parameters["usage_export_job_id"], "Usage export job")
    state = _state(export, world.now())
    shown: dict[str, Any] = {"usage_export_job_id": export.id, "state": state, "download_urls": []}
    if state == "completed":
        keys = (f"usage/{organization.id}/{export.id}/{part}" for part in range(PARTS))
        shown["download_urls"] = [storage_url(world, key) for key in keys]
    if state == "failed":
        shown["error_reason"] = "The query took longer than it may."
    return Answer.json(shown)


def _state(export: UsageExport, now: float) -> str:
    age = now - export.created_at
    if age < _PROCESSING_AFTER:
        return "created"
    return "processing" if age < _READY_AFTER else export.state
