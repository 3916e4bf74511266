"""User and Organization: who there is, and what belongs to an organization rather than to a project."""

from __future__ import annotations

from typing import Literal

import attrs

from circleci_v2.testing.state.decisions import DecidePolicies, PolicyDecision
from circleci_v2.testing.state.records import Record

__all__ = ["Context", "Organization", "PolicyStore", "UsageExport", "User", "VcsType"]

VcsType = Literal["github", "bitbucket", "circleci"]


@attrs.frozen(kw_only=True)
class User:
    """One person.

    Attributes:
        avatar_url: A picture; None as for those who have none.
    """

    id: str
    login: str
    name: str
    avatar_url: str | None = None


@attrs.define(kw_only=True, eq=False)
class Context:
    """One context.

    Attributes:
        variables: What the API shows of its environment variables, by name.
        values: What it does not show: their values, by name.
        restrictions: By id.
    """

    id: str
    name: str
    created_at: float
    variables: dict[str, Record] = attrs.field(factory=dict[str, Record])
    values: dict[str, str] = attrs.field(factory=dict[str, str], repr=False)
    restrictions: dict[str, Record] = attrs.field(factory=dict[str, Record])


@attrs.frozen(kw_only=True)
class UsageExport:
    """One export of an organization's usage; it is ready some time after it was asked for."""

    id: str
    created_at: float
    start: float
    end: float
    state: Literal["completed", "failed"] = "completed"


def _pass(_: str) -> PolicyDecision:
    return PolicyDecision()


@attrs.define(kw_only=True, eq=False)
class PolicyStore:
    """The config policies of one owner and context.

    Attributes:
        policies: By name.
        decisions: Decision logs, the oldest first.
        bundles: The policies as they were at each decision, by the id of the decision.
        enabled: Whether decisions are enforced.
        decide: What makes decisions, as Rego is not evaluated. Default: every configuration passes.
    """

    policies: dict[str, Record] = attrs.field(factory=dict[str, Record])
    decisions: list[Record] = attrs.field(factory=list[Record])
    bundles: dict[str, dict[str, Record]] = attrs.field(factory=dict[str, dict[str, Record]])
    enabled: bool = False
    decide: DecidePolicies = _pass


@attrs.define(kw_only=True, eq=False)
class Organization:
    """One organization, and what belongs to it, each by id."""

    id: str
    name: str
    slug: str
    vcs_type: VcsType
    contexts: dict[str, Context] = attrs.field(factory=dict[str, Context])
    groups: dict[str, Record] = attrs.field(factory=dict[str, Record])
    url_orb_allow_list: dict[str, Record] = attrs.field(factory=dict[str, Record])
    otel_exporters: dict[str, Record] = attrs.field(factory=dict[str, Record])
    usage_exports: dict[str, UsageExport] = attrs.field(factory=dict[str, UsageExport])
    environments: dict[str, Record] = attrs.field(factory=dict[str, Record])
    components: dict[str, Record] = attrs.field(factory=dict[str, Record])
    component_versions: dict[str, list[Record]] = attrs.field(factory=dict[str, list[Record]])
    policies: dict[str, PolicyStore] = attrs.field(factory=dict[str, PolicyStore])
    oidc_claims: Record = attrs.field(factory=dict[str, object])
