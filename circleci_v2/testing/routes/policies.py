"""Config policies: bundles, decisions and their settings.

No policy is evaluated, as they are written in Rego: a decision enables the rules that the texts of the bundle enable,
and passes, unless a test says what is decided (`FakeCircleCI.decide_policies`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from circleci_v2.testing.clock import moment_of, rfc3339
from circleci_v2.testing.messages import Answer, Call, Refusal
from circleci_v2.testing.paging import PAGE_SIZE
from circleci_v2.testing.routing import Routes
from circleci_v2.testing.state.organizations import PolicyStore
from circleci_v2.testing.state.records import Record, find
from circleci_v2.testing.state.world import World

__all__ = ["routes"]

routes = Routes()

_ENABLED_RULE: Final = re.compile(r"""enable_(?:rule|hard)\s*(?:\[|contains)\s*["']([^"']+)["']""")


def _store(world: World, call: Call) -> PolicyStore:
    organization = world.organizations.get(call.parameters["ownerID"])
    if organization is None:
        # The document knows no 403 where decisions are made.
        status = HTTPStatus.BAD_REQUEST if call.method == "POST" else HTTPStatus.FORBIDDEN
        raise Refusal(status, "There is no such owner, or the token may not see it.", key="error")
    return organization.policies.setdefault(call.parameters["context"], PolicyStore())


def _decision(world: World, call: Call) -> tuple[PolicyStore, Record]:
    store = _store(world, call)
    by_id = {decision["id"]: decision for decision in store.decisions}
    return store, find(by_id, call.parameters["decisionID"], "Decision", error_key="error")


@routes.get("/owner/{ownerID}/context/{context}/decision")
def list_decisions(world: World, call: Call) -> Answer:
    """Decision logs, the newest first; an offset takes the place of a page token."""
    offset = int(call.value("offset") or 0)
    if offset < 0:
        raise Refusal(HTTPStatus.BAD_REQUEST, "offset is negative.", key="error")
    decisions = [decision for decision in reversed(_store(world, call).decisions) if _matches(decision, call)]
    return Answer.json(decisions[offset : offset + PAGE_SIZE])


def _matches(decision: Record, call: Call) -> bool:
    metadata: Mapping[str, Any] = decision["metadata"]
    wanted = {
        "status": decision["decision"]["status"],
        "branch": metadata.get("vcs", {}).get("branch"),
        "project_id": metadata.get("project_id"),
        "build_number": str(metadata.get("build_number", "")),
    }
    if any(call.value(name) not in {None, value} for name, value in wanted.items()):
        return False
    created_at = moment_of(decision["created_at"])
    after, before = call.value("after"), call.value("before")
    return (not after or created_at > moment_of(after)) and (not before or created_at < moment_of(before))


@routes.post("/owner/{ownerID}/context/{context}/decision")
def make_decision(world: World, call: Call) -> Answer:
    """Decide about a configuration and log the decision."""
    store, fields = _store(world, call), call.fields()
    decision = store.decide(fields["input"]).render(_enabled_rules(store))
    log: Record = {
        "id": world.uuid(),
        "created_at": rfc3339(world.now()),
        "decision": decision,
        "metadata": fields.get("metadata") or {},
        "policies": {
            name: hashlib.sha512(policy["content"].encode()).hexdigest() for name, policy in store.policies.items()
        },
        "time_taken_ms": 3,
    }
    store.decisions.append(log)
    store.bundles[log["id"]] = dict(store.policies)
    return Answer.json(decision)


def _enabled_rules(store: PolicyStore) -> set[str]:
    return {rule for policy in store.policies.values() for rule in _ENABLED_RULE.findall(policy["content"])}


@routes.get("/owner/{ownerID}/context/{context}/decision/settings")
def get_decision_settings(world: World, call: Call) -> Answer:
    """Whether decisions are enforced."""
    return Answer.json({"enabled": _store(world, call).enabled})


@routes.patch("/owner/{ownerID}/context/{context}/decision/settings")
def update_decision_settings(world: World, call: Call) -> Answer:
    """Enforce decisions, or do not."""
    store = _store(world, call)
    store.enabled = call.fields().get("enabled", store.enabled)
    return Answer.json({"enabled": store.enabled})


@routes.get("/owner/{ownerID}/context/{context}/decision/{decisionID}")
def get_decision(world: World, call: Call) -> Answer:
    """One decision log."""
    return Answer.json(_decision(world, call)[1])


@routes.get("/owner/{ownerID}/context/{context}/decision/{decisionID}/policy-bundle")
def get_decision_policy_bundle(world: World, call: Call) -> Answer:
    """The policies as they were when a decision was made."""
    store, decision = _decision(world, call)
    return Answer.json(_render_bundle(store.bundles[decision["id"]]))


@routes.get("/owner/{ownerID}/context/{context}/policy-bundle")
def get_policy_bundle(world: World, call: Call) -> Answer:
    """The policies."""
    return Answer.json(_render_bundle(_store(world, call).policies))


def _render_bundle(policies: Mapping[str, Record]) -> dict[str, list[Record]]:
    return {name: [policy] for name, policy in policies.items()}


@routes.post("/owner/{ownerID}/context/{context}/policy-bundle")
def create_policy_bundle(world: World, call: Call) -> Answer:
    """Replace the policies, or with ``dry`` only say what would change."""
    store = _store(world, call)
    policies: dict[str, str] = call.fields().get("policies") or {}
    known = {name: policy["content"] for name, policy in store.policies.items()}
    difference = {
        "created": sorted(set(policies) - set(known)),
        "deleted": sorted(set(known) - set(policies)),
        "modified": sorted(name for name in set(known) & set(policies) if known[name] != policies[name]),
    }
    if call.flag("dry"):
        return Answer.json(difference)
    made = {"created_at": rfc3339(world.now()), "created_by": world.user.id}
    store.policies = {
        name: store.policies[name] if known.get(name) == content else {"name": name, "content": content, **made}
        for name, content in policies.items()
    }
    return Answer.json(difference, HTTPStatus.CREATED)


@routes.get("/owner/{ownerID}/context/{context}/policy-bundle/{policyName}")
def get_policy(world: World, call: Call) -> Answer:
    """One policy."""
    return Answer.json(find(_store(world, call).policies, call.parameters["policyName"], "Policy", error_key="error"))
