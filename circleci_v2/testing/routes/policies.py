"""Config policies: bundles, decisions and their settings.

Policies are written in Rego, which the fake does not evaluate. Decisions list the rules that the text of the bundle enables,
and pass unless a test sets other decisions with `FakeCircleCI.decide_policies`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from circleci_v2.testing.clock import parse_rfc3339, rfc3339
from circleci_v2.testing.messages import FakeRequest, FakeResponse, HTTPError
from circleci_v2.testing.paging import PAGE_SIZE
from circleci_v2.testing.routing import Routes
from circleci_v2.testing.state import FakeState
from circleci_v2.testing.state.resources import PolicyStore, Record, find_or_404

__all__ = ["routes"]

routes = Routes()

_ENABLED_RULE: Final = re.compile(r"""enable_(?:rule|hard)\s*(?:\[|contains)\s*["']([^"']+)["']""")


def _store(state: FakeState, request: FakeRequest) -> PolicyStore:
    organization = state.organizations.get(request.path_params["ownerID"])
    if organization is None:
        # The document does not describe 403 for POST.
        status = HTTPStatus.BAD_REQUEST if request.method == "POST" else HTTPStatus.FORBIDDEN
        raise HTTPError(status, "There is no such owner, or the token has no access to it.", key="error")
    return organization.policies.setdefault(request.path_params["context"], PolicyStore())


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
    store = _store(state, request)
    store.enabled = request.json_object().get("enabled", store.enabled)
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
