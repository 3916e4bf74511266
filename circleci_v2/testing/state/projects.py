"""Project: its pipelines, its settings and whatever else hangs on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from circleci_v2.testing.state.organizations import Organization
from circleci_v2.testing.state.plans import DEFAULT_WORKFLOW, WorkflowPlan
from circleci_v2.testing.state.records import Record
from circleci_v2.testing.state.runs import Job, Pipeline, Workflow

__all__ = ["DEFAULT_SETTINGS", "Project", "Schedule", "Webhook"]

DEFAULT_SETTINGS: Final[Mapping[str, bool | list[str]]] = {
    "autocancel_builds": True,
    "build_fork_prs": False,
    "build_prs_only": False,
    "disable_ssh": False,
    "forks_receive_secret_env_vars": False,
    "oss": False,
    "set_github_status": True,
    "setup_workflows": True,
    "write_settings_requires_admin": False,
    "pr_only_branch_overrides": ["main"],
}
"""The advanced settings of a new project."""

_PROVIDERS: Final = {"github": "GitHub", "bitbucket": "Bitbucket", "circleci": "CircleCI"}


@attrs.define(kw_only=True, eq=False)
class Webhook:
    """One webhook.

    Attributes:
        secret: What deliveries are signed with; empty sends them unsigned.
        since: Up to when it has been told what ended, in seconds since 1970.
        told: Ids of what ended at that very moment and was told: time may stand still, and more may end at it.
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
    told: frozenset[str] = frozenset()


@attrs.define(kw_only=True, eq=False)
class Schedule:
    """One schedule.

    Attributes:
        record: What the API shows of it.
        since: From when on it starts pipelines, in seconds since 1970.
    """

    record: Record
    since: float


@attrs.define(kw_only=True, eq=False)
class Project:
    """One project.

    Attributes:
        slug: What the API calls it, for example ``gh/acme/web``.
        workflows: What a new pipeline of it runs.
        pipelines: Its pipelines, the oldest first.
        jobs: Its jobs by their numbers, as far as anybody has looked.
        next_job_number: The number that the next job gets.
        settings: The advanced settings.
        environment_variables: What the API shows of them, by name; the values themselves are not kept.
        checkout_keys: By their MD5 fingerprint.
        schedules: By id.
        webhooks: By id.
        definitions: Pipeline definitions, by id.
        triggers: By id; each knows its definition.
        oidc_claims: What the project changed about the claims of its tokens.
    """

    id: str
    name: str
    slug: str
    organization: Organization
    default_branch: str = "main"
    workflows: tuple[WorkflowPlan, ...] = (DEFAULT_WORKFLOW,)
    pipelines: list[Pipeline] = attrs.field(factory=list[Pipeline])
    jobs: dict[int, Job] = attrs.field(factory=dict[int, Job])
    next_job_number: int = 1
    settings: dict[str, bool | list[str]] = attrs.field(factory=lambda: dict(DEFAULT_SETTINGS))
    environment_variables: dict[str, Record] = attrs.field(factory=dict[str, Record])
    checkout_keys: dict[str, Record] = attrs.field(factory=dict[str, Record])
    schedules: dict[str, Schedule] = attrs.field(factory=dict[str, Schedule])
    webhooks: dict[str, Webhook] = attrs.field(factory=dict[str, Webhook])
    definitions: dict[str, Record] = attrs.field(factory=dict[str, Record])
    triggers: dict[str, Record] = attrs.field(factory=dict[str, Record])
    oidc_claims: Record = attrs.field(factory=dict[str, object])

    @property
    def provider(self) -> str:
        """Who hosts the repository, spelled as the API spells it."""
        return _PROVIDERS[self.organization.vcs_type]

    @property
    def vcs_url(self) -> str:
        """The address of the repository."""
        if self.organization.vcs_type == "circleci":
            return f"//circleci.com/{self.organization.id}/{self.id}"
        return f"https://{self.organization.vcs_type}.com/{self.organization.name}/{self.name}"

    def pipeline(self, number: int) -> Pipeline | None:
        """The pipeline of a number; None when there is none."""
        return self.pipelines[number - 1] if 1 <= number <= len(self.pipelines) else None

    def planned_workflows(self) -> list[Workflow]:
        """Every workflow of every pipeline, those that do not exist yet included."""
        return [workflow for pipeline in self.pipelines for workflow in pipeline.planned_workflows]

    def job(self, number: int) -> Job | None:
        """The job of a number; None when there is none."""
        if number not in self.jobs:
            self.planned_workflows()
        return self.jobs.get(number)

    def tell_endings(self, webhook: Webhook, now: float) -> list[tuple[float, Workflow | Job]]:
        """What has ended since a webhook was last told, and when, whether it wants to hear of it or not; each once."""
        endings = [
            (at, ended)
            for workflow in self.planned_workflows()
            for at, ended in workflow.endings(now)
            if at >= webhook.since and ended.id not in webhook.told
        ]
        told_before = webhook.told if webhook.since == now else frozenset[str]()
        webhook.since, webhook.told = now, told_before | {ended.id for at, ended in endings if at == now}
        return endings
