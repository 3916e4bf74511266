"""Users, organizations and what they configure: contexts, policies, usage exports, webhooks and schedules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from random import Random
from typing import Any, Final, Literal, TypeVar
from uuid import UUID

import attrs

from circleci_v2.errors import ConfigurationError
from circleci_v2.testing.messages import HTTPError

__all__ = [
    "DEFAULT_SETTINGS",
    "DecidePolicies",
    "FakeContext",
    "FakeOrganization",
    "FakeSchedule",
    "FakeUser",
    "FakeWebhook",
    "PolicyDecision",
    "PolicyStore",
    "Record",
    "UsageExportJob",
    "VcsType",
    "base58",
    "find_or_404",
    "hexadecimal",
    "id_of_slug",
    "masked",
    "pick",
    "uuid",
]

Record = dict[str, Any]
"""A resource that is stored exactly as the API shows it."""

Value = TypeVar("Value")

VcsType = Literal["github", "bitbucket", "circleci"]

DEFAULT_SETTINGS: Final[Mapping[str, bool | list[str]]] = {
    "autocancel_builds": False,
    "build_fork_prs": False,
    "build_prs_only": False,
    "disable_ssh": False,
    "forks_receive_secret_env_vars": True,
    "oss": False,
    "set_github_status": True,
    "setup_workflows": True,
    "write_settings_requires_admin": False,
    "pr_only_branch_overrides": ["main"],
}
"""The advanced settings of a new project, as measured."""

_UNMASKED_CHARACTERS: Final = 4
_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE58_LENGTHS: Final = range(20, 23)
"""The lengths of encoded UUIDs; those that start with zeros are shorter."""


def find_or_404(items: Mapping[str, Value], key: str, kind: str, *, error_key: str = "message") -> Value:
    """Return the item with a given key.

    Args:
        items: The items to search.
        key: The key.
        kind: The name of the kind of item, for the error message.
        error_key: The field of the error body that contains the message.

    Raises:
        HTTPError: There is no such item (404).
    """
    if key not in items:
        raise HTTPError(HTTPStatus.NOT_FOUND, f"{kind} not found", key=error_key)
    return items[key]


def pick(fields: Mapping[str, Any], *names: str) -> Record:
    """Return the named fields that are present and not null."""
    return {name: fields[name] for name in names if fields.get(name) is not None}


def masked(secret: str) -> str:
    """Mask a value like the API: at most its last 4 characters are visible, and at most half of it."""
    return "xxxx" + secret[len(secret) - min(_UNMASKED_CHARACTERS, len(secret) // 2) :]


def uuid(random: Random) -> str:
    """Generate a UUID, version 4."""
    return str(UUID(int=random.getrandbits(128), version=4))


def hexadecimal(random: Random, digits: int) -> str:
    """Generate hexadecimal digits, for example for a commit hash."""
    return f"{random.getrandbits(4 * digits):0{digits}x}"


def base58(identifier: str) -> str:
    """Encode a UUID like CircleCI's slugs of standalone organizations and their projects, in 21 or 22 characters."""
    number, text = UUID(identifier).int, ""
    while number:
        number, digit = divmod(number, len(_BASE58))
        text = _BASE58[digit] + text
    return text


def id_of_slug(text: str) -> str | None:
    """Return the UUID that a part of a slug stands for, in either of its forms; None for any other text."""
    try:
        return str(UUID(text))
    except ValueError:
        pass
    number = 0
    for character in text if len(text) in _BASE58_LENGTHS else "-":
        if character not in _BASE58:
            return None
        number = number * len(_BASE58) + _BASE58.index(character)
    return str(UUID(int=number)) if number < 1 << 128 else None


@attrs.frozen(kw_only=True)
class FakeUser:
    """A user.

    Attributes:
        avatar_url: The URL of a picture; None if the user has none.
    """

    id: str
    login: str
    name: str
    avatar_url: str | None = None


@attrs.define(kw_only=True, eq=False)
class FakeContext:
    """A context.

    Attributes:
        variables: The environment variables by name, as the API shows them.
        values: The values of the environment variables by name, which the API does not show.
        restrictions: By id.
    """

    id: str
    name: str
    created_at: float
    variables: dict[str, Record] = attrs.field(factory=dict[str, Record])
    values: dict[str, str] = attrs.field(factory=dict[str, str], repr=False)
    restrictions: dict[str, Record] = attrs.field(factory=dict[str, Record])


@attrs.frozen(kw_only=True)
class UsageExportJob:
    """An export of an organization's usage of the time from `start` to `end`, in seconds since 1970.

    Attributes:
        state: The final state, reached 30 seconds after creation.
    """

    id: str
    created_at: float
    start: float
    end: float
    state: Literal["completed", "failed"] = "completed"


def _violations(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((rule, reason) for rule, reason in pairs)


@attrs.frozen(kw_only=True)
class PolicyDecision:
    """The decision of config policies about a configuration; it passes if there are no violations and no error.

    Attributes:
        hard_failures: Pairs of rule and reason, for violations that prevent the pipeline from running. A rule may occur
            several times. Default: none.
        soft_failures: Pairs of rule and reason, for violations that are only logged. Default: none.
        error: The reason why the policies could not be evaluated. Default: None, they were evaluated.

    Raises:
        ConfigurationError: Both an error and violations are given; policies that cannot be evaluated report no violations.
    """

    hard_failures: tuple[tuple[str, str], ...] = attrs.field(default=(), converter=_violations)
    soft_failures: tuple[tuple[str, str], ...] = attrs.field(default=(), converter=_violations)
    error: str | None = None

    def __attrs_post_init__(self) -> None:
        if self.error is not None and self.rules:
            msg = f"error={self.error!r} with violations of {sorted(self.rules)}: pass either an error or violations"
            raise ConfigurationError(msg)

    @property
    def status(self) -> Literal["PASS", "SOFT_FAIL", "HARD_FAIL", "ERROR"]:
        """The resulting status, as the API spells it."""
        if self.error is not None:
            return "ERROR"
        if self.hard_failures:
            return "HARD_FAIL"
        return "SOFT_FAIL" if self.soft_failures else "PASS"

    @property
    def rules(self) -> set[str]:
        """The violated rules."""
        return {rule for rule, _ in (*self.hard_failures, *self.soft_failures)}

    def render(self, enabled_rules: Iterable[str]) -> dict[str, Any]:
        """Return the decision as the API shows it, without empty parts.

        Args:
            enabled_rules: The rules that the policies enable; violated rules are added.
        """
        shown: dict[str, Any] = {
            "enabled_rules": sorted({*enabled_rules, *self.rules}),
            "hard_failures": [{"rule": rule, "reason": reason} for rule, reason in self.hard_failures],
            "soft_failures": [{"rule": rule, "reason": reason} for rule, reason in self.soft_failures],
            "reason": self.error,
        }
        return {"status": self.status, **{name: value for name, value in shown.items() if value}}


DecidePolicies = Callable[[str], PolicyDecision]
"""A function from a configuration, which is YAML text, to the decision about it."""


def _pass(_: str) -> PolicyDecision:
    return PolicyDecision()


@attrs.define(kw_only=True, eq=False)
class PolicyStore:
    """The config policies of one organization.

    Attributes:
        policies: The policies, by name.
        decisions: The decision logs, oldest first.
        bundles: The policies at the time of each decision, by the id of the decision.
        enabled: Whether decisions are enforced.
        decide: Makes the decisions, because Rego is not evaluated. Default: every configuration passes.
    """

    policies: dict[str, Record] = attrs.field(factory=dict[str, Record])
    decisions: list[Record] = attrs.field(factory=list[Record])
    bundles: dict[str, dict[str, Record]] = attrs.field(factory=dict[str, dict[str, Record]])
    enabled: bool = False
    decide: DecidePolicies = _pass


@attrs.define(kw_only=True, eq=False)
class FakeOrganization:
    """An organization and its resources, each by id."""

    id: str
    name: str
    slug: str
    vcs_type: VcsType
    contexts: dict[str, FakeContext] = attrs.field(factory=dict[str, FakeContext])
    groups: dict[str, Record] = attrs.field(factory=dict[str, Record])
    url_orb_allow_list: dict[str, Record] = attrs.field(factory=dict[str, Record])
    otel_exporters: dict[str, Record] = attrs.field(factory=dict[str, Record])
    usage_exports: dict[str, UsageExportJob] = attrs.field(factory=dict[str, UsageExportJob])
    environments: dict[str, Record] = attrs.field(factory=dict[str, Record])
    components: dict[str, Record] = attrs.field(factory=dict[str, Record])
    component_versions: dict[str, list[Record]] = attrs.field(factory=dict[str, list[Record]])
    policies: PolicyStore = attrs.field(factory=PolicyStore)
    oidc_claims: Record = attrs.field(factory=dict[str, object])

    def add_context(self, identifier: str, name: str, *, created_at: float) -> FakeContext:
        """Add a context, which is restricted to all members, like every new context of CircleCI."""
        context = FakeContext(id=identifier, name=name, created_at=created_at)
        context.restrictions[self.id] = self.all_members | {"context_id": context.id}
        self.contexts[context.id] = context
        return context

    @property
    def all_members(self) -> Record:
        """The restriction of a context to all members, whose id is that of the organization."""
        return {"id": self.id, "name": "All members", "restriction_type": "group", "restriction_value": self.id}


@attrs.define(kw_only=True, eq=False)
class FakeWebhook:
    """A webhook of a project.

    Attributes:
        secret: The signing secret; empty for unsigned deliveries.
        since: The time up to which events have been reported, in seconds since 1970.
        reported: Ids of the jobs and workflows that ended exactly at `since` and have been reported. More can end at
            the same time, because the clock may stand still.
    """

    id: str
    name: str
    url: str
    events: list[str]
    verify_tls: bool
    secret: str = attrs.field(repr=False)
    created_at: float
    updated_at: float
    since: float
    reported: frozenset[str] = frozenset()


@attrs.define(kw_only=True, eq=False)
class FakeSchedule:
    """A schedule of a project.

    Attributes:
        record: The schedule as the API shows it.
        since: The time up to which its pipelines have been started, in seconds since 1970.
    """

    record: Record
    since: float
