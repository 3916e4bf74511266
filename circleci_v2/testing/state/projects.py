"""Projects, and the pipelines, workflows and jobs that they run.

No status is ever stored. Each job has a plan; its times follow from the plan and from user actions (approvals,
cancellations), and the status at any time follows from the times. So the clock can jump to any time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import attrs

from circleci_v2.testing.state.plans import DEFAULT_WORKFLOW, ArtifactFile, JobPlan, TestResult, WorkflowPlan
from circleci_v2.testing.state.resources import (
    DEFAULT_SETTINGS,
    FakeOrganization,
    FakeSchedule,
    FakeWebhook,
    Record,
)

__all__ = ["FAILURES", "FakeCommit", "FakeJob", "FakePipeline", "FakeProject", "FakeWorkflow"]

FAILURES: Final = frozenset({"failed", "infrastructure_fail", "timedout", "terminated-unknown"})
"""Job outcomes that make the workflow fail."""

_PIPELINE_SETUP_SECONDS: Final = 1.0
_NEVER_STARTED: Final = frozenset({"canceled", "unauthorized", "not_run"})
_PROVIDERS: Final = {"github": "GitHub", "bitbucket": "Bitbucket", "circleci": "CircleCI"}


@attrs.define(kw_only=True, eq=False)
class FakeJob:
    """A job of a workflow.

    `ready_at`, `started_at`, `stopped_at` and `outcome` are computed by `update_times`; None means never, as things
    stand. All times are in seconds since 1970.

    Attributes:
        reused_from: The job of an earlier run of the workflow whose result this job reuses instead of running.
    """

    id: str
    plan: JobPlan
    workflow: FakeWorkflow
    dependencies: tuple[FakeJob, ...] = ()
    number: int | None = None
    approval_request_id: str | None = None
    outcome_planned: str = "success"
    approved_at: float | None = None
    approved_by: str | None = None
    canceled_at: float | None = None
    canceled_by: str | None = None
    reused_from: FakeJob | None = None
    ready_at: float | None = None
    started_at: float | None = None
    stopped_at: float | None = None
    outcome: str | None = None

    @property
    def name(self) -> str:
        """The name in the configuration."""
        return self.plan.name

    @property
    def result(self) -> str | None:
        """The outcome, with all failures as ``failed``, as in webhooks, usage data and ``requires``."""
        return "failed" if self.outcome in FAILURES else self.outcome

    def update_times(self) -> None:
        """Recompute the times and the outcome from those of the dependencies."""
        if self.reused_from is not None:
            self.ready_at, self.started_at = self.reused_from.ready_at, self.reused_from.started_at
            self.stopped_at, self.outcome = self.reused_from.stopped_at, self.reused_from.outcome
            return
        self.ready_at = self._ready_at()
        self.started_at = self.stopped_at = self.outcome = None
        if self.ready_at is not None:
            self._run(self.ready_at)
        canceled_at = min((at for at in (self.canceled_at, self.workflow.canceled_at) if at is not None), default=None)
        if canceled_at is not None and (self.stopped_at is None or self.stopped_at > canceled_at):
            self.stopped_at, self.outcome = canceled_at, "canceled"
            if self.started_at is not None and self.started_at > canceled_at:
                self.started_at = None

    def _ready_at(self) -> float | None:
        ready = self.workflow.created_at
        for job in self.dependencies:
            if job.stopped_at is None or not self.accepts(job):
                return None
            ready = max(ready, job.stopped_at)
        return ready

    def accepts(self, dependency: FakeJob) -> bool:
        """Return whether this job can start after a job that it requires has ended as it did."""
        accepted = self.plan.requires[dependency.name]
        return "terminal" in accepted or dependency.result in accepted

    def _run(self, ready: float) -> None:
        if self.plan.type == "approval":
            approved = self.approved_at
            if approved is None and self.plan.approved_after is not None:
                approved = ready + self.plan.approved_after
            self.stopped_at = approved
            self.outcome = None if approved is None else "success"
            return
        self.outcome = self.outcome_planned
        queued_until = ready + self.plan.queued_seconds
        if self.outcome in _NEVER_STARTED:
            self.stopped_at = queued_until
            return
        self.started_at = queued_until
        self.stopped_at = queued_until + self.plan.seconds

    def ended(self, now: float) -> bool:
        """Return whether the job has ended by a given time."""
        return self.stopped_at is not None and self.stopped_at <= now

    def started(self, now: float) -> bool:
        """Return whether the job has started by a given time."""
        return self.started_at is not None and self.started_at <= now

    def status(self, now: float) -> str:
        """Return the status at a given time, as the API spells it."""
        if self.ended(now):
            return self.outcome or "success"
        if self.ready_at is None or now < self.ready_at:
            return "blocked"
        if self.plan.type == "approval":
            return "on_hold"
        return "running" if self.started(now) else "queued"

    @property
    def credits(self) -> int:
        """The credits that the job uses in total."""
        if self.plan.credits is not None:
            return self.plan.credits
        if self.started_at is None or self.stopped_at is None:
            return 0
        return round((self.stopped_at - self.started_at) / 60 * 10 * self.plan.parallelism)

    def tests(self) -> tuple[TestResult, ...]:
        """Return the test results; in a rerun that succeeds, no test fails."""
        tests = self.plan.tests() if callable(self.plan.tests) else self.plan.tests
        if self.outcome_planned == "success" and self.plan.outcome != "success":
            return tuple(attrs.evolve(test, result="success", message="") for test in tests)
        return tests

    def artifacts(self) -> tuple[ArtifactFile, ...]:
        """Return the stored files."""
        return self.plan.artifacts() if callable(self.plan.artifacts) else self.plan.artifacts


@attrs.define(kw_only=True, eq=False)
class FakeWorkflow:
    """A workflow of a pipeline.

    Attributes:
        created_at: In seconds since 1970; infinity means never, as things stand.
        plan_continuation: Called with a setup workflow after each change to it, to plan the workflows that follow.
    """

    id: str
    plan: WorkflowPlan
    pipeline: FakePipeline
    created_at: float
    started_by: str
    jobs: list[FakeJob] = attrs.field(factory=list[FakeJob])
    canceled_at: float | None = None
    canceled_by: str | None = None
    rerun_of: FakeWorkflow | None = None
    plan_continuation: Callable[[FakeWorkflow], None] | None = None

    @property
    def name(self) -> str:
        """The name in the configuration."""
        return self.plan.name

    def update_times(self) -> None:
        """Recompute the times of all jobs; call it after every change that they depend on."""
        for job in self.jobs:
            job.update_times()
        if self.plan_continuation is not None:
            self.plan_continuation(self)

    def _pending_statuses(self, now: float) -> list[str]:
        """Return the statuses of the jobs that can still end."""
        statuses: list[str] = []
        blocked_forever: set[FakeJob] = set()
        for job in self.jobs:  # in topological order
            if job.ended(now):
                continue
            if any(
                not job.accepts(dependency) if dependency.ended(now) else dependency in blocked_forever
                for dependency in job.dependencies
            ):
                blocked_forever.add(job)
            else:
                statuses.append(job.status(now))
        return statuses

    def status(self, now: float) -> str:
        """Return the status at a given time, as the API spells it."""
        if self.canceled_at is not None and self.canceled_at <= now:
            return "canceled"
        outcomes = {job.outcome for job in self.jobs if job.ended(now)}
        failed = bool(outcomes & FAILURES)
        if pending := self._pending_statuses(now):
            if all(status in {"on_hold", "blocked"} for status in pending) and not failed:
                return "on_hold"
            return "failing" if failed else "running"
        if failed:
            return "failed"
        return next((outcome for outcome in ("unauthorized", "canceled", "not_run") if outcome in outcomes), "success")

    def stopped_at(self, now: float) -> float | None:
        """Return when the workflow ended, or None if it has not ended by a given time."""
        if self.canceled_at is not None and self.canceled_at <= now:
            return self.canceled_at
        if self._pending_statuses(now):
            return None
        # If all results are reused from an earlier run, all jobs ended before this workflow was created.
        return max([self.created_at, *(job.stopped_at for job in self.jobs if job.stopped_at is not None)])

    def endings(self, now: float) -> Iterator[tuple[float, FakeWorkflow | FakeJob]]:
        """Yield the jobs that have run and ended by a given time, then the workflow if it has ended, each with its end."""
        for job in self.jobs:
            if job.reused_from is None and job.stopped_at is not None and job.ended(now) and job.started(now):
                yield job.stopped_at, job
        stopped_at = self.stopped_at(now)
        if stopped_at is not None and stopped_at <= now:
            yield stopped_at, self


@attrs.frozen(kw_only=True)
class FakeCommit:
    """The commit of a pipeline, with either a branch or a tag."""

    revision: str
    branch: str | None = None
    tag: str | None = None
    subject: str | None = None
    body: str | None = None


@attrs.define(kw_only=True, eq=False)
class FakePipeline:
    """A pipeline of a project.

    Attributes:
        commit: The commit; None for pipelines that the API shows without ``vcs``.
        planner: Creates the workflows when they are first needed; None once they exist.
        reserved_job_numbers: Numbers for the jobs, so that they do not depend on which pipeline is planned first.
    """

    id: str
    number: int
    project: FakeProject
    created_at: float
    trigger_type: str
    actor_login: str
    actor_id: str
    received_at: float
    actor_avatar_url: str | None = None
    commit: FakeCommit | None = None
    errors: list[dict[str, str]] = attrs.field(factory=list[dict[str, str]])
    parameters: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    trigger_parameters: Mapping[str, Any] | None = None
    config: str = ""
    continuation_key: str | None = None
    continued_at: float | None = None
    planner: Callable[[FakePipeline], None] | None = None
    reserved_job_numbers: Iterator[int] = attrs.field(factory=lambda: iter(()))
    _workflows: list[FakeWorkflow] = attrs.field(factory=list[FakeWorkflow], alias="workflows")

    @property
    def planned_workflows(self) -> list[FakeWorkflow]:
        """All workflows, including those that are created in the future."""
        if self.planner is not None:
            planner, self.planner = self.planner, None
            planner(self)
        return self._workflows

    def workflows(self, now: float) -> list[FakeWorkflow]:
        """Return the workflows that exist at a given time, oldest first."""
        return [workflow for workflow in self.planned_workflows if workflow.created_at <= now]

    @property
    def branch(self) -> str | None:
        """The branch, or None for a tag or a pipeline without commit."""
        return self.commit.branch if self.commit else None

    def state(self, now: float) -> str:
        """Return the state at a given time, as the API spells it."""
        settled = now >= self.created_at + _PIPELINE_SETUP_SECONDS
        if self.errors:
            return "errored" if settled else "pending"
        setup = next((workflow for workflow in self.planned_workflows if workflow.plan.tag == "setup"), None)
        if setup is None:
            return "created" if settled else "pending"
        if self.continued_at is not None and self.continued_at <= now:
            return "created"
        return "setup" if setup.created_at + _PIPELINE_SETUP_SECONDS <= now else "setup-pending"


@attrs.define(kw_only=True, eq=False)
class FakeProject:
    """A project.

    Attributes:
        slug: The slug, for example ``gh/acme/web``.
        workflows: The plans of each new pipeline.
        pipelines: The pipelines, oldest first.
        jobs: The jobs of all planned workflows, by number.
        next_job_number: The number of the next job.
        settings: The advanced settings.
        environment_variables: By name, as the API shows them; the values are not stored.
        checkout_keys: By MD5 fingerprint.
        definitions: Pipeline definitions, by id.
        triggers: By id; each contains the id of its pipeline definition.
        oidc_claims: The custom claims of the project's OpenID Connect tokens.
        followed: Whether the owner of the token follows it, which API v1.1 shows.
    """

    id: str
    name: str
    slug: str
    organization: FakeOrganization
    default_branch: str = "main"
    workflows: tuple[WorkflowPlan, ...] = (DEFAULT_WORKFLOW,)
    pipelines: list[FakePipeline] = attrs.field(factory=list[FakePipeline])
    jobs: dict[int, FakeJob] = attrs.field(factory=dict[int, FakeJob])
    next_job_number: int = 1
    settings: dict[str, bool | list[str]] = attrs.field(factory=lambda: dict(DEFAULT_SETTINGS))
    environment_variables: dict[str, Record] = attrs.field(factory=dict[str, Record])
    checkout_keys: dict[str, Record] = attrs.field(factory=dict[str, Record])
    schedules: dict[str, FakeSchedule] = attrs.field(factory=dict[str, FakeSchedule])
    webhooks: dict[str, FakeWebhook] = attrs.field(factory=dict[str, FakeWebhook])
    definitions: dict[str, Record] = attrs.field(factory=dict[str, Record])
    triggers: dict[str, Record] = attrs.field(factory=dict[str, Record])
    oidc_claims: Record = attrs.field(factory=dict[str, object])
    followed: bool = True

    @property
    def provider(self) -> str:
        """The repository host, as the API spells it."""
        return _PROVIDERS[self.organization.vcs_type]

    @property
    def vcs_url(self) -> str:
        """The URL of the repository."""
        if self.organization.vcs_type == "circleci":
            return f"//circleci.com/{self.organization.id}/{self.id}"
        return f"https://{self.organization.vcs_type}.com/{self.organization.name}/{self.name}"

    def pipeline(self, number: int) -> FakePipeline | None:
        """Return the pipeline with a given number, or None."""
        return self.pipelines[number - 1] if 1 <= number <= len(self.pipelines) else None

    def planned_workflows(self) -> list[FakeWorkflow]:
        """Return all workflows of all pipelines, including those that are created in the future."""
        return [workflow for pipeline in self.pipelines for workflow in pipeline.planned_workflows]

    def job(self, number: int) -> FakeJob | None:
        """Return the job with a given number, or None."""
        if number not in self.jobs:
            self.planned_workflows()
        return self.jobs.get(number)

    def collect_endings(self, webhook: FakeWebhook, now: float) -> list[tuple[float, FakeWorkflow | FakeJob]]:
        """Return the jobs and workflows that ended since the last call for a webhook, each exactly once, with their end."""
        endings = [
            (at, ended)
            for workflow in self.planned_workflows()
            for at, ended in workflow.endings(now)
            if at >= webhook.since and ended.id not in webhook.reported
        ]
        reported_before = webhook.reported if webhook.since == now else frozenset[str]()
        webhook.since, webhook.reported = now, reported_before | {ended.id for at, ended in endings if at == now}
        return endings
