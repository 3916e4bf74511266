"""Webhooks, OpenTelemetry exporters, deploys (environments, components, versions and rollbacks), and config policies.

Policies are written in Rego, which the fake does not evaluate. Decisions list the rules that the text of the bundle enables,
and pass unless a test sets other decisions with `FakeCircleCI.decide_policies`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import attrs

from circleci_v2.testing.clock import parse_rfc3339, rfc3339
from circleci_v2.testing.messages import PAGE_SIZE, FakeRequest, FakeResponse, HTTPError, page, page_size
from circleci_v2.testing.routes import Routes
from circleci_v2.testing.state import FakeState
from circleci_v2.testing.state.projects import FakeProject
from circleci_v2.testing.state.resources import (
    FakeOrganization,
    FakeWebhook,
    PolicyStore,
    Record,
    find_or_404,
    masked,
    pick,
)

__all__ = ["routes"]

routes = Routes()

_EXPORTERS_PER_ORGANIZATION: Final = 5
_MASK: Final = "****"
_ENABLED_RULE: Final = re.compile(r"""enable_(?:rule|hard)\s*(?:\[|contains)\s*["']([^"']+)["']""")


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
    """Return a page of a deploy list, which marks the last one with an empty token."""
    size = page_size(request, "page-size")
    return page(state.tokens, request, items, lambda item: item, size=size, last_token="")


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
    project, part = request.query_value("project-id"), request.query_value("component-name") or ""
    shown = [
        component | {"release_count": 0}  # the live API counts releases in the response for one component only
        for component in components
        if project in {None, component["project_id"]} and part in component["name"]
    ]
    return _page_of(state, request, shown)


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


def _store(state: FakeState, request: FakeRequest) -> PolicyStore:
    organization = state.organizations.get(request.path_params["ownerID"])
    if organization is None:
        # The document does not describe 403 for POST.
        status = HTTPStatus.BAD_REQUEST if request.method == "POST" else HTTPStatus.FORBIDDEN
        raise HTTPError(status, "There is no such owner, or the token has no access to it.", key="error")
    if request.path_params["context"] != "config":
        raise HTTPError(HTTPStatus.BAD_REQUEST, "Context: must be a valid value.", key="error")
    return organization.policies


def _decision(state: FakeState, request: FakeRequest) -> tuple[PolicyStore, Record]:
    store = _store(state, request)
    by_id = {decision["id"]: decision for decision in store.decisions}
    return store, find_or_404(by_id, request.path_params["decisionID"], "Decision", error_key="error")


@routes.get("/owner/{ownerID}/context/{context}/decision")
def list_decisions(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the decision logs, newest first; pages are selected by offset instead of a page token."""
    offset = int(request.query_value("offset") or 0)
    if offset < 0:
        raise HTTPError(HTTPStatus.BAD_REQUEST, "offset is negative.", key="error")
    decisions = [decision for decision in reversed(_store(state, request).decisions) if _matches(decision, request)]
    return FakeResponse.json(decisions[offset : offset + PAGE_SIZE])


def _matches(decision: Record, request: FakeRequest) -> bool:
    metadata: Mapping[str, Any] = decision["metadata"]
    wanted = {
        "status": decision["decision"]["status"],
        "branch": metadata.get("vcs", {}).get("branch"),
        "project_id": metadata.get("project_id"),
        "build_number": str(metadata.get("build_number", "")),
    }
    if any(request.query_value(name) not in {None, value} for name, value in wanted.items()):
        return False
    created_at = parse_rfc3339(decision["created_at"])
    after, before = request.query_value("after"), request.query_value("before")
    return (not after or created_at > parse_rfc3339(after)) and (not before or created_at < parse_rfc3339(before))


@routes.post("/owner/{ownerID}/context/{context}/decision")
def make_decision(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Make a decision about a configuration and log it."""
    store, fields = _store(state, request), request.json_object()
    decision = store.decide(fields["input"]).render(_enabled_rules(store))
    log: Record = {
        "id": state.uuid(),
        "created_at": rfc3339(state.now()),
        "decision": decision,
        "metadata": fields.get("metadata") or {},
        "policies": {
            name: hashlib.sha512(policy["content"].encode()).hexdigest() for name, policy in store.policies.items()
        },
        "time_taken_ms": 3,
    }
    store.decisions.append(log)
    store.bundles[log["id"]] = dict(store.policies)
    return FakeResponse.json(decision)


def _enabled_rules(store: PolicyStore) -> set[str]:
    return {rule for policy in store.policies.values() for rule in _ENABLED_RULE.findall(policy["content"])}


@routes.get("/owner/{ownerID}/context/{context}/decision/settings")
def get_decision_settings(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get whether decisions are enforced."""
    return FakeResponse.json({"enabled": _store(state, request).enabled})


@routes.patch("/owner/{ownerID}/context/{context}/decision/settings")
def update_decision_settings(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Set whether decisions are enforced."""
    store, fields = _store(state, request), request.json_object()
    if fields.get("enabled") is None:
        raise HTTPError(HTTPStatus.BAD_REQUEST, "enabled: is required.", key="error")
    store.enabled = fields["enabled"]
    return FakeResponse.json({"enabled": store.enabled})


@routes.get("/owner/{ownerID}/context/{context}/decision/{decisionID}")
def get_decision(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get a decision log."""
    return FakeResponse.json(_decision(state, request)[1])


@routes.get("/owner/{ownerID}/context/{context}/decision/{decisionID}/policy-bundle")
def get_decision_policy_bundle(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get the policies at the time of a decision."""
    store, decision = _decision(state, request)
    return FakeResponse.json(_render_bundle(store.bundles[decision["id"]]))


@routes.get("/owner/{ownerID}/context/{context}/policy-bundle")
def get_policy_bundle(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get the policies."""
    return FakeResponse.json(_render_bundle(_store(state, request).policies))


def _render_bundle(policies: Mapping[str, Record]) -> dict[str, list[Record]]:
    return {name: [policy] for name, policy in policies.items()}


@routes.post("/owner/{ownerID}/context/{context}/policy-bundle")
def create_policy_bundle(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Replace the policies; with ``dry``, only return the changes."""
    store = _store(state, request)
    policies: dict[str, str] = request.json_object().get("policies") or {}
    known = {name: policy["content"] for name, policy in store.policies.items()}
    difference = {
        "created": sorted(set(policies) - set(known)),
        "deleted": sorted(set(known) - set(policies)),
        "modified": sorted(name for name in set(known) & set(policies) if known[name] != policies[name]),
    }
    if request.query_flag("dry"):
        return FakeResponse.json(difference)
    made = {"created_at": rfc3339(state.now()), "created_by": state.user.id}
    store.policies = {
        name: store.policies[name] if known.get(name) == content else {"name": name, "content": content, **made}
        for name, content in policies.items()
    }
    return FakeResponse.json(difference, HTTPStatus.CREATED)


@routes.get("/owner/{ownerID}/context/{context}/policy-bundle/{policyName}")
def get_policy(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get a policy."""
    return FakeResponse.json(
        find_or_404(_store(state, request).policies, request.path_params["policyName"], "Policy", error_key="error")
    )
