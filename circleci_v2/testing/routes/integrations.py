"""Webhooks, OpenTelemetry exporters, and deploys (environments, components, versions and rollbacks)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

import attrs

from circleci_v2.testing.clock import rfc3339
from circleci_v2.testing.messages import FakeRequest, FakeResponse, HTTPError
from circleci_v2.testing.paging import page, page_size
from circleci_v2.testing.routing import Routes
from circleci_v2.testing.state import FakeState
from circleci_v2.testing.state.projects import FakeProject
from circleci_v2.testing.state.resources import FakeOrganization, FakeWebhook, Record, find_or_404, masked, pick

__all__ = ["routes"]

routes = Routes()

_EXPORTERS_PER_ORGANIZATION: Final = 5
_MASK: Final = "****"


def _render_webhook(project: FakeProject, webhook: FakeWebhook) -> dict[str, Any]:
    return {
        "id": webhook.id,
        "name": webhook.name,
        "url": webhook.url,
        "verify_tls": webhook.verify_tls,
        **({"signing_secret": _MASK} if webhook.secret else {}),
        "events": webhook.events,
        "scope": {"id": project.id, "type": "project"},
        "created_at": rfc3339(webhook.created_at),
        "updated_at": rfc3339(webhook.updated_at),
    }


def _find_webhook(state: FakeState, request: FakeRequest) -> tuple[FakeProject, FakeWebhook]:
    for project in state.projects.values():
        if webhook := project.webhooks.get(request.path_params["webhook_id"]):
            return project, webhook
    raise HTTPError(HTTPStatus.NOT_FOUND, "Webhook not found")


def _settings(fields: Record) -> Record:
    """The settings of a webhook in a request: keys in snake_case are ignored, and both settings of security are optional."""
    return {
        **{name: fields[name] for name in ("name", "url", "events")},
        "verify_tls": fields.get("verify-tls", False),
        "secret": fields.get("signing-secret", ""),
    }


@routes.get("/webhook")
def list_webhooks(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the webhooks of a project."""
    project = state.project_by_id(request.query_value("scope-id") or "")
    return page(
        state.tokens, request, list(project.webhooks.values()), lambda webhook: _render_webhook(project, webhook)
    )


@routes.post("/webhook")
def create_webhook(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Create a webhook, which reports events from now on."""
    fields, now = request.json_object(), state.now()
    project = state.project_by_id(fields["scope"]["id"])
    webhook = FakeWebhook(id=state.uuid(), **_settings(fields), created_at=now, updated_at=now, since=now)
    project.collect_endings(webhook, now)  # do not report what ended at exactly the current time
    project.webhooks[webhook.id] = webhook
    return FakeResponse.json(_render_webhook(project, webhook), HTTPStatus.CREATED)


@routes.get("/webhook/{webhook_id}")
def get_webhook(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get a webhook."""
    return FakeResponse.json(_render_webhook(*_find_webhook(state, request)))


@routes.put("/webhook/{webhook_id}")
def update_webhook(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Replace all settings of a webhook but its project; without a signing secret, the webhook loses it."""
    project, webhook = _find_webhook(state, request)
    replaced = attrs.evolve(webhook, **_settings(request.json_object()), updated_at=state.now())
    project.webhooks[webhook.id] = replaced
    return FakeResponse.json(_render_webhook(project, replaced))


@routes.delete("/webhook/{webhook_id}")
def delete_webhook(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Delete a webhook."""
    project, webhook = _find_webhook(state, request)
    del project.webhooks[webhook.id]
    return FakeResponse.message("ok")


@routes.get("/otel/exporters")
def list_exporters(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the exporters of an organization, as a bare array."""
    return FakeResponse.json(
        list(state.organization_by_id(request.query_value("org-id") or "").otel_exporters.values())
    )


@routes.post("/otel/exporters")
def create_exporter(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Create an exporter; an organization has at most five. The values of its headers are never shown."""
    fields = request.json_object()
    exporters = state.organization_by_id(fields["org_id"]).otel_exporters
    if len(exporters) >= _EXPORTERS_PER_ORGANIZATION:
        raise HTTPError(HTTPStatus.UNPROCESSABLE_ENTITY, "Internal server error.")  # the live API's response
    exporter: Record = {
        "id": state.uuid(),
        "insecure": False,
        "headers": dict.fromkeys(fields.get("headers") or {}, masked("")),
        **pick(fields, "org_id", "endpoint", "protocol", "insecure"),
        "issues": [],
    }
    exporters[exporter["id"]] = exporter
    return FakeResponse.json(exporter, HTTPStatus.CREATED)


@routes.delete("/otel/exporters/{otel_exporter_id}")
def delete_exporter(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Delete an exporter."""
    for organization in state.organizations.values():
        if organization.otel_exporters.pop(request.path_params["otel_exporter_id"], None) is not None:
            return FakeResponse(HTTPStatus.NO_CONTENT)
    raise HTTPError(HTTPStatus.NOT_FOUND, "Exporter not found")


def _page_of(state: FakeState, request: FakeRequest, items: list[Record]) -> FakeResponse:
    return page(state.tokens, request, items, lambda item: item, size=page_size(request, "page-size"))


@routes.get("/deploy/environments")
def list_environments(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the environments of an organization."""
    return _page_of(
        state, request, list(state.organization_by_id(request.query_value("org-id") or "").environments.values())
    )


@routes.get("/deploy/environments/{environment_id}")
def get_environment(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get an environment."""
    environments = {
        identifier: environment
        for organization in state.organizations.values()
        for identifier, environment in organization.environments.items()
    }
    return FakeResponse.json(find_or_404(environments, request.path_params["environment_id"], "Environment"))


@routes.get("/deploy/components")
def list_components(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the components of an organization, optionally of one project."""
    components = state.organization_by_id(request.query_value("org-id") or "").components.values()
    project = request.query_value("project-id")
    return _page_of(
        state, request, [component for component in components if project in {None, component["project_id"]}]
    )


@routes.get("/deploy/components/{component_id}")
def get_component(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get a component."""
    return FakeResponse.json(_find_component(state, request)[1])


@routes.get("/deploy/components/{component_id}/versions")
def list_component_versions(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the deployed versions of a component, newest first."""
    organization, component = _find_component(state, request)
    environment = request.query_value("environment-id")
    versions = organization.component_versions.get(component["id"], [])
    return _page_of(
        state, request, [version for version in versions if environment in {None, version["environment_id"]}]
    )


def _find_component(state: FakeState, request: FakeRequest) -> tuple[FakeOrganization, Record]:
    for organization in state.organizations.values():
        if component := organization.components.get(request.path_params["component_id"]):
            return organization, component
    raise HTTPError(HTTPStatus.NOT_FOUND, "Component not found")


@routes.post("/projects/{project_id}/rollback")
def roll_back(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Make another version of a component live."""
    project, fields = state.project_by_id(request.path_params["project_id"]), request.json_object()
    organization = project.organization
    component = _find_by_name(organization.components, fields["component_name"], "Component")
    environment = _find_by_name(organization.environments, fields["environment_name"], "Environment")
    versions = [
        version
        for version in organization.component_versions[component["id"]]
        if version["environment_id"] == environment["id"]
    ]
    by_name = {version["name"]: version for version in versions}
    current, target = fields["current_version"], fields["target_version"]
    if not find_or_404(by_name, current, "Current version")["is_live"]:
        raise HTTPError(HTTPStatus.CONFLICT, f"Version {current} is not live.")
    find_or_404(by_name, target, "Target version")
    for version in versions:
        version["is_live"] = version["name"] == target
    return FakeResponse.json({"id": state.uuid(), "rollback_type": "PIPELINE"}, HTTPStatus.ACCEPTED)


def _find_by_name(items: dict[str, Record], name: str, kind: str) -> Record:
    return find_or_404({item["name"]: item for item in items.values()}, name, kind)
