"""Plans: what a pipeline is going to do, said before it does it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Literal

import attrs

__all__ = ["DEFAULT_WORKFLOW", "ArtifactFile", "JobPlan", "TestResult", "WorkflowPlan"]

JobOutcome = Literal[
    "success", "failed", "infrastructure_fail", "timedout", "terminated-unknown", "unauthorized", "not_run", "canceled"
]


@attrs.frozen(kw_only=True)
class TestResult:
    """One test as a job reports it.

    Attributes:
        name: The test.
        classname: What it belongs to. Default: empty.
        file: Where it is written. Default: None, as when the report does not say.
        source: The kind of report. Default: ``pytest``.
        result: ``success``, ``failure``, ``error`` or ``skipped``. Default: ``success``.
        run_time: Seconds. Default: 0.01.
        message: Why it failed. Default: empty, as when it did not.
    """

    __test__ = False  # pytest would take the name for a test class

    name: str
    classname: str = ""
    file: str | None = None
    source: str = "pytest"
    result: str = "success"
    run_time: float = 0.01
    message: str = ""


@attrs.frozen(kw_only=True)
class ArtifactFile:
    """One file that a job stores.

    Attributes:
        path: The path that the job chose; nothing stops a job from choosing ``../../etc/passwd``.
        content: The file, in bytes. Default: empty.
        node_index: Which of the parallel runs stored it. Default: 0, the first.
    """

    path: str
    content: bytes = b""
    node_index: int = 0


def _requirements(value: Mapping[str, Sequence[str]] | Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    if isinstance(value, Mapping):
        return {name: tuple(outcomes) for name, outcomes in value.items()}
    return dict.fromkeys(value, ("success",))


@attrs.frozen(kw_only=True)
class JobPlan:
    """What one job is going to do.

    Attributes:
        name: The job, unique within its workflow.
        requires: Jobs of the same workflow that come first, planned before this one: their names, or each name with the
            outcomes that let this job start. Default: none; of each name: only ``success``.
        type: ``build``, or ``approval`` for a job that waits for a person. Default: ``build``.
        outcome: How it ends. Default: ``success``.
        outcome_of_rerun: How it ends when its workflow is rerun. Default: ``success``, as for a flaky failure.
        seconds: How long it runs. Default: 60.
        queued_seconds: How long it waits for a machine first. Default: 2.
        approved_after: For approvals, seconds until somebody approves. Default: None, until the API is told to.
        resource_class: What it runs on. Default: ``medium``.
        executor: What kind of machine that is. Default: ``docker``.
        parallelism: How many machines share the work. Default: 1.
        contexts: Names of the contexts whose variables it gets. Default: none.
        credits: What it costs. Default: 10 credits a minute for each machine.
        tests: What its tests gave, or a function that makes them up when somebody asks. Default: none.
        artifacts: The files it stores, or a function that makes them up when somebody asks. Default: none.
    """

    name: str
    requires: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict[str, tuple[str, ...]], converter=_requirements)
    type: Literal["build", "approval"] = "build"
    outcome: JobOutcome = "success"
    outcome_of_rerun: JobOutcome = "success"
    seconds: float = 60.0
    queued_seconds: float = 2.0
    approved_after: float | None = None
    resource_class: str = "medium"
    executor: str = "docker"
    parallelism: int = 1
    contexts: tuple[str, ...] = ()
    credits: int | None = None
    tests: tuple[TestResult, ...] | Callable[[], tuple[TestResult, ...]] = ()
    artifacts: tuple[ArtifactFile, ...] | Callable[[], tuple[ArtifactFile, ...]] = ()


def _job_plans(jobs: Iterable[JobPlan | str]) -> tuple[JobPlan, ...]:
    return tuple(JobPlan(name=job) if isinstance(job, str) else job for job in jobs)


@attrs.frozen(kw_only=True)
class WorkflowPlan:
    """What one workflow is going to do.

    Attributes:
        name: The workflow.
        jobs: Its jobs, each after those it requires; a name alone stands for a job that succeeds.
        tag: ``setup`` for the workflow of dynamic configuration that comes before all others. Default: None.
        starts_after: Seconds between the pipeline's creation and the workflow's. Default: 0.

    Raises:
        ValueError: A job requires one that does not come before it, or two jobs have one name.
    """

    name: str
    jobs: tuple[JobPlan, ...] = attrs.field(converter=_job_plans)
    tag: Literal["setup"] | None = None
    starts_after: float = 0.0

    def __attrs_post_init__(self) -> None:
        seen: set[str] = set()
        for job in self.jobs:
            if job.name in seen:
                msg = f"workflow {self.name!r} has two jobs named {job.name!r}: job names are unique within a workflow"
                raise ValueError(msg)
            if missing := sorted(set(job.requires) - seen):
                msg = f"job {job.name!r} requires {missing}, which workflow {self.name!r} does not plan before it"
                raise ValueError(msg)
            seen.add(job.name)


DEFAULT_WORKFLOW: Final = WorkflowPlan(
    name="build-and-test",
    jobs=(JobPlan(name="build", seconds=90), JobPlan(name="test", requires=("build",), seconds=240)),
)
"""What a project runs when nobody said anything else."""
