"""Pipeline, Workflow, Job: what ran, runs and will run.

Nothing here is ever *set* to running or failed. Each job has a plan; from the plans and from what people did (approve,
cancel) the times follow, and the status at a moment follows from the times. So the clock can go to any moment at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from circleci_v2.testing.state.plans import ArtifactFile, JobPlan, TestResult, WorkflowPlan

if TYPE_CHECKING:
    from circleci_v2.testing.state.projects import Project

__all__ = ["FAILURES", "Commit", "Job", "Pipeline", "Workflow"]

FAILURES = frozenset({"failed", "infrastructure_fail", "timedout", "terminated-unknown"})
"""Outcomes of a job that make its workflow fail."""

_PIPELINE_SETTLES_AFTER = 1.0
_STOPPED_BY_OTHERS = frozenset({"canceled", "unauthorized", "not_run"})


@attrs.define(kw_only=True, eq=False)
class Job:
    """One job of one workflow.

    `ready_at`, `started_at`, `stopped_at` and `outcome` are what `Workflow.lay_out` works out; None: never, as things
    stand.

    Attributes:
        kept: The job of an earlier run of the workflow whose result this one takes over instead of running.
    """

    id: str
    plan: JobPlan
    workflow: Workflow
    dependencies: tuple[Job, ...] = ()
    number: int | None = None
    approval_request_id: str | None = None
    outcome_planned: str = "success"
    approved_at: float | None = None
    approved_by: str | None = None
    canceled_at: float | None = None
    canceled_by: str | None = None
    kept: Job | None = None
    ready_at: float | None = None
    started_at: float | None = None
    stopped_at: float | None = None
    outcome: str | None = None

    @property
    def name(self) -> str:
        """The name that the configuration gives it."""
        return self.plan.name

    @property
    def result(self) -> str | None:
        """The outcome with every kind of failure called ``failed``, as webhooks, usage data and `requires` have it."""
        return "failed" if self.outcome in FAILURES else self.outcome

    def lay_out(self) -> None:
        """Work out the times and the outcome from those of the jobs that come before."""
        if self.kept is not None:
            self.ready_at, self.started_at = self.kept.ready_at, self.kept.started_at
            self.stopped_at, self.outcome = self.kept.stopped_at, self.kept.outcome
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
            if job.stopped_at is None or job.result not in self.plan.requires[job.name]:
                return None
            ready = max(ready, job.stopped_at)
        return ready

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
        if self.outcome in _STOPPED_BY_OTHERS:
            self.stopped_at = queued_until
            return
        self.started_at = queued_until
        self.stopped_at = queued_until + self.plan.seconds

    def ended(self, now: float) -> bool:
        """Whether it has stopped by a moment."""
        return self.stopped_at is not None and self.stopped_at <= now

    def started(self, now: float) -> bool:
        """Whether it has started by a moment."""
        return self.started_at is not None and self.started_at <= now

    def status(self, now: float) -> str:
        """The status at a moment."""
        if self.ended(now):
            return self.outcome or "success"
        if self.ready_at is None or now < self.ready_at:
            return "blocked"
        if self.plan.type == "approval":
            return "on_hold"
        return "running" if self.started(now) else "queued"

    @property
    def credits(self) -> int:
        """What it costs once it has run."""
        if self.plan.credits is not None:
            return self.plan.credits
        seconds = (
            self.stopped_at - self.started_at if self.started_at is not None and self.stopped_at is not None else 0.0
        )
        return round(seconds / 60 * 10 * self.plan.parallelism)

    def tests(self) -> tuple[TestResult, ...]:
        """What its tests gave; in a rerun that succeeds none of them fails."""
        tests = self.plan.tests() if callable(self.plan.tests) else self.plan.tests
        if self.outcome_planned == "success" and self.plan.outcome != "success":
            return tuple(attrs.evolve(test, result="success", message="") for test in tests)
        return tests

    def artifacts(self) -> tuple[ArtifactFile, ...]:
        """The files it stored."""
        return self.plan.artifacts() if callable(self.plan.artifacts) else self.plan.artifacts


@attrs.define(kw_only=True, eq=False)
class Workflow:
    """One workflow of one pipeline.

    Attributes:
        created_at: When, in seconds since 1970; infinity: never, as things stand.
        plan_continuation: What is told of each change to a setup workflow, and plans what follows it.
    """

    id: str
    plan: WorkflowPlan
    pipeline: Pipeline
    created_at: float
    started_by: str
    jobs: list[Job] = attrs.field(factory=list[Job])
    canceled_at: float | None = None
    canceled_by: str | None = None
    rerun_of: Workflow | None = None
    plan_continuation: Callable[[Workflow], None] | None = None

    @property
    def name(self) -> str:
        """The name that the configuration gives it."""
        return self.plan.name

    def lay_out(self) -> None:
        """Work out the times of every job, after anything changed that they depend on."""
        for job in self.jobs:
            job.lay_out()
        if self.plan_continuation is not None:
            self.plan_continuation(self)

    def _going_on(self, now: float) -> list[str]:
        """The statuses of the jobs that are still to end."""
        statuses: list[str] = []
        blocked_for_good: set[Job] = set()
        for job in self.jobs:  # each comes after those it requires
            if job.ended(now):
                continue
            if any(
                dependency.result not in job.plan.requires[dependency.name]
                if dependency.ended(now)
                else dependency in blocked_for_good
                for dependency in job.dependencies
            ):
                blocked_for_good.add(job)
            else:
                statuses.append(job.status(now))
        return statuses

    def status(self, now: float) -> str:
        """The status at a moment."""
        if self.canceled_at is not None and self.canceled_at <= now:
            return "canceled"
        outcomes = {job.outcome for job in self.jobs if job.ended(now)}
        failed = bool(outcomes & FAILURES)
        if going_on := self._going_on(now):
            if all(status in {"on_hold", "blocked"} for status in going_on) and not failed:
                return "on_hold"
            return "failing" if failed else "running"
        if failed:
            return "failed"
        return next((outcome for outcome in ("unauthorized", "canceled", "not_run") if outcome in outcomes), "success")

    def stopped_at(self, now: float) -> float | None:
        """When it ended; None when that has not happened by this moment."""
        if self.canceled_at is not None and self.canceled_at <= now:
            return self.canceled_at
        if self._going_on(now):
            return None
        # Where every result is kept from an earlier run, all jobs ended before this one began.
        return max([self.created_at, *(job.stopped_at for job in self.jobs if job.stopped_at is not None)])

    def endings(self, now: float) -> Iterator[tuple[float, Workflow | Job]]:
        """What has run here and ended by a moment, and when: the jobs, then the workflow itself."""
        for job in self.jobs:
            if job.kept is None and job.stopped_at is not None and job.ended(now) and job.started(now):
                yield job.stopped_at, job
        stopped_at = self.stopped_at(now)
        if stopped_at is not None and stopped_at <= now:
            yield stopped_at, self


@attrs.frozen(kw_only=True)
class Commit:
    """What a pipeline checked out; a branch or a tag is None where the other one names it."""

    revision: str
    branch: str | None = None
    tag: str | None = None
    subject: str | None = None
    body: str | None = None


@attrs.define(kw_only=True, eq=False)
class Pipeline:
    """One pipeline of one project.

    Attributes:
        commit: What it checked out; None for pipelines that the API shows without ``vcs``.
        grow: What plans the workflows when somebody asks for them first; None once that is done.
        reserved_job_numbers: Numbers that are kept for its jobs, so that they do not depend on who looks first.
    """

    id: str
    number: int
    project: Project
    created_at: float
    trigger_type: str
    actor_login: str
    actor_id: str
    received_at: float
    actor_avatar_url: str | None = None
    commit: Commit | None = None
    errors: list[dict[str, str]] = attrs.field(factory=list[dict[str, str]])
    parameters: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    trigger_parameters: Mapping[str, Any] | None = None
    config: str = ""
    continuation_key: str | None = None
    continued_at: float | None = None
    grow: Callable[[Pipeline], None] | None = None
    reserved_job_numbers: Iterator[int] = attrs.field(factory=lambda: iter(()))
    _workflows: list[Workflow] = attrs.field(factory=list[Workflow], alias="workflows")

    @property
    def planned_workflows(self) -> list[Workflow]:
        """Every workflow, those that do not exist yet included."""
        if self.grow is not None:
            grow, self.grow = self.grow, None
            grow(self)
        return self._workflows

    def workflows(self, now: float) -> list[Workflow]:
        """The workflows that exist at a moment, the oldest first."""
        return [workflow for workflow in self.planned_workflows if workflow.created_at <= now]

    @property
    def branch(self) -> str | None:
        """The branch it ran for, if it ran for one."""
        return self.commit.branch if self.commit else None

    def state(self, now: float) -> str:
        """The state at a moment."""
        settled = now >= self.created_at + _PIPELINE_SETTLES_AFTER
        if self.errors:
            return "errored" if settled else "pending"
        setup = next((workflow for workflow in self.planned_workflows if workflow.plan.tag == "setup"), None)
        if setup is None:
            return "created" if settled else "pending"
        if self.continued_at is not None and self.continued_at <= now:
            return "created"
        return "setup" if setup.created_at + _PIPELINE_SETTLES_AFTER <= now else "setup-pending"
