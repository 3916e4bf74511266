"""Config policies make the decisions that a test sets, and log them."""

from __future__ import annotations

import pytest

from circleci_v2 import CircleCI
from circleci_v2.testing import FakeCircleCI, PolicyDecision
from tests.testing.live import http_of

pytestmark = pytest.mark.anyio

ORGANIZATION = "gh/acme"
UNPINNED = PolicyDecision(hard_failures=[("pinned_images", "job build uses latest")])


def client(fake: FakeCircleCI) -> CircleCI:
    return CircleCI(fake.token, transport=fake.transport(), strict=True)


def owner_of(fake: FakeCircleCI) -> str:
    return fake.state.add_organization(ORGANIZATION).id


async def test_a_given_decision_is_returned_and_logged() -> None:
    fake = FakeCircleCI()
    fake.decide_policies(ORGANIZATION, UNPINNED)
    async with client(fake) as circleci:
        policies, owner = circleci.policies, owner_of(fake)
        await policies.create_policy_bundle(owner, policies={"images": 'enable_rule["checked_out"]'})
        decision = await policies.make_decision(owner, input="version: 2.1", metadata={"project_id": owner})
        (logged,) = await policies.list_decisions(owner, status="HARD_FAIL").collect()
        bundle = await policies.get_decision_policy_bundle(owner, str(logged.id))

    assert decision.status == "HARD_FAIL"
    assert decision.enabled_rules == ["checked_out", "pinned_images"]
    assert [(broken.rule, broken.reason) for broken in decision.hard_failures] == [*UNPINNED.hard_failures]
    assert logged.decision == decision
    assert "images" in bundle


async def test_a_function_decides_by_the_configuration() -> None:
    fake = FakeCircleCI()

    def decide(configuration: str) -> PolicyDecision:
        return UNPINNED if ":latest" in configuration else PolicyDecision()

    fake.decide_policies(ORGANIZATION, decide)
    async with client(fake) as circleci:
        statuses = [
            (await circleci.policies.make_decision(owner_of(fake), input=configuration)).status
            for configuration in ("image: a:latest", "image: a@sha256:1", "image: b:latest")
        ]
    assert statuses == ["HARD_FAIL", "PASS", "HARD_FAIL"]


@pytest.mark.parametrize(
    ("decision", "status"),
    [
        (PolicyDecision(), "PASS"),
        (PolicyDecision(soft_failures=[("named", "no name")]), "SOFT_FAIL"),
        (PolicyDecision(hard_failures=[("a", "b")], soft_failures=[("c", "d")]), "HARD_FAIL"),
        (PolicyDecision(error="rego_parse_error"), "ERROR"),
    ],
)
async def test_the_status_follows_from_the_violations(decision: PolicyDecision, status: str) -> None:
    fake = FakeCircleCI()
    fake.decide_policies(ORGANIZATION, decision)
    async with client(fake) as circleci:
        answered = await circleci.policies.make_decision(owner_of(fake), input="version: 2.1")
    assert answered.status == status
    assert (answered.to_dict().get("reason") == decision.error) or decision.error is None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "decision"),
        ("POST", "decision"),
        ("GET", "decision/settings"),
        ("GET", "policy-bundle"),
        ("POST", "policy-bundle"),
    ],
)
def test_there_is_no_other_context(method: str, path: str) -> None:
    # policy.go: 400 {"error": "Context: must be a valid value."} on all five routes.
    fake = FakeCircleCI(check_requests="off")
    with http_of(fake) as http:
        refused = http.request(method, f"/owner/{owner_of(fake)}/context/custom/{path}", json={"input": ""})
    assert (refused.status_code, refused.json()) == (400, {"error": "Context: must be a valid value."})


def test_settings_without_a_value_are_refused() -> None:
    # policy.go: PATCH {} -> 400 enabled: is required.
    fake = FakeCircleCI()
    with http_of(fake) as http:
        refused = http.patch(f"/owner/{owner_of(fake)}/context/config/decision/settings", json={})
    assert (refused.status_code, refused.json()) == (400, {"error": "enabled: is required."})


async def test_an_error_with_violations_is_rejected() -> None:
    with pytest.raises(ValueError, match="pass either an error or violations"):
        PolicyDecision(error="broken", soft_failures=[("a", "b")])
