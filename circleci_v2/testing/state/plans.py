"""Plans: the jobs of a workflow, with their durations, outcomes, test results and artifacts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Literal

import attrs

from circleci_v2.errors import ConfigurationError

__all__ = ["DEFAULT_WORKFLOW", "ArtifactFile", "JobPlan", "StepPlan", "TestResult", "WorkflowPlan"]

JobOutcome = Literal[
    "success", "failed", "infrastructure_fail", "timedout", "terminated-unknown", "unauthorized", "not_run", "canceled"
]


@attrs.frozen(kw_only=True)
class TestResult:
    """The result of a test, as a job reports it.

    Attributes:
        name: The name of the test.
        classname: The class or module of the test. Default: empty.
        file: The path of the test file. Default: None, unknown.
        source: The kind of test report. Default: ``pytest``.
        result: ``success``, ``failure``, ``error`` or ``skipped``. Default: ``success``.
        run_time: The duration, in seconds. Default: 0.01.
        message: The failure message. Default: empty.
    """

    __test__ = False  # prevents pytest from collecting this class, whose name starts with Test

    name: str
    classname: str = ""
    file: str | None = None
    source: str = "pytest"
    result: str = "success"
    run_time: float = 0.01
    message: str = ""


@attrs.frozen(kw_only=True)
class ArtifactFile:
    """A file that a job stores as an artifact.

    Attributes:
        path: The path of the artifact. Jobs choose it freely, so it may be ``../../etc/passwd``.
        content: The content, in bytes. Default: empty.
        node_index: The index of the parallel run that stored the file. Default: 0.
    """

    path: str
    content: bytes = b""
    node_index: int = 0


@attrs.frozen(kw_only=True)
class StepPlan:
    """The plan of a step of a job, which API v1.1 shows and API v2 does not.

    Attributes:
        name: The name of the step.
        output: The text that the step writes to standard output. Default: empty.
        error_output: The text that the step writes to standard error. Default: empty.
        exit_code: The exit code; None for a step without a command. Default: 0.
        seconds: The duration, in seconds. Default: 1.
        node_index: The node on which the step fails, if `exit_code` is not 0; it succeeds on the others. Default: 0.
    """

    name: str
    output: str = ""
    error_output: str = ""
    exit_code: int | None = 0
    seconds: float = 1.0
    node_index: int = 0


def _requirements(value: Mapping[str, Sequence[str]] | Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    if isinstance(value, Mapping):
        return {name: tuple(outcomes) for name, outcomes in value.items()}
    return dict.fromkeys(value, ("success",))


@attrs.frozen(kw_only=True)
class JobPlan:
    """The plan of a job.

    Attributes:
        name: The name, unique within the workflow.
        requires: The jobs of the same workflow that this job depends on, which have to precede it: either a sequence of
            names, or a mapping from name to the results with which this job starts, for example
            ``{"test": ["failed"]}``. Default: no dependencies; for a sequence, ``success`` is required.
        type: ``build``, or ``approval`` for a job that waits to be approved. Default: ``build``.
        outcome: The final status. Default: ``success``.
        outcome_of_rerun: The final status in a rerun of the workflow. Default: ``success``, as for a flaky failure.
        seconds: The duration, in seconds. Default: 60.
        queued_seconds: The seconds in the queue before the job starts. Default: 2.
        approved_after: For approvals, the seconds until the job is approved. Default: None, not before a request to
            approve it.
        resource_class: The resource class. Default: ``medium``.
        executor: The executor. Default: ``docker``.
        parallelism: The number of parallel runs. Default: 1.
        contexts: The names of the contexts that the job uses. Default: none.
        credits: The credits used. Default: 10 per minute and parallel run.
        tests: The test results, or a function that creates them on demand. Default: none.
        artifacts: The artifacts, or a function that creates them on demand. Default: none.
        steps: The steps. Default: one to prepare the environment, one to check out the code, and one with the name of the
            job, whose output names the failed tests and which fails when the job does.
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
    steps: tuple[StepPlan, ...] = ()


def _job_plans(jobs: Iterable[JobPlan | str]) -> tuple[JobPlan, ...]:
    return tuple(JobPlan(name=job) if isinstance(job, str) else job for job in jobs)


@attrs.frozen(kw_only=True)
class WorkflowPlan:
    """The plan of a workflow.

    Attributes:
        name: The name.
        jobs: The jobs, each after those it requires. A string stands for a job of that name that succeeds.
        tag: ``setup`` for a setup workflow of dynamic configuration; workflows after it start when it has succeeded.
            Default: None.
        starts_after: The seconds between the creation of the pipeline, or the end of the setup workflow, and the
            creation of this workflow. Default: 0.

    Raises:
        ConfigurationError: A job requires a job that does not precede it, or two jobs have the same name.
    """

    name: str
    jobs: tuple[JobPlan, ...] = attrs.field(converter=_job_plans)
    tag: Literal["setup"] | None = None
    starts_after: float = 0.0

    def __attrs_post_init__(self) -> None:
        seen: set[str] = set()
        for job in self.jobs:
            if job.name in seen:
                msg = f"workflow {self.name!r} has two jobs named {job.name!r}: use unique names"
                raise ConfigurationError(msg)
            if missing := sorted(set(job.requires) - seen):
                msg = f"job {job.name!r} requires {missing}: plan these jobs before it"
                raise ConfigurationError(msg)
            seen.add(job.name)


DEFAULT_WORKFLOW: Final = WorkflowPlan(
    name="build-and-test",
    jobs=(JobPlan(name="build", seconds=90), JobPlan(name="test", requires=("build",), seconds=240)),
)
"""The default workflow of a project."""
