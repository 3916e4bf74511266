"""Plans: the jobs of a workflow, with their durations, outcomes, test results and artifacts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Literal, get_args

import attrs

from circleci_v2._validation import require_one_of
from circleci_v2.errors import ConfigurationError

__all__ = [
    "DEFAULT_WORKFLOW",
    "ArtifactFile",
    "JobOutcome",
    "JobPlan",
    "StepPlan",
    "TestOutcome",
    "TestResult",
    "UnknownValue",
    "WorkflowPlan",
    "require_known",
]

JobOutcome = Literal[
    "success", "failed", "infrastructure_fail", "timedout", "terminated-unknown", "unauthorized", "not_run", "canceled"
]

TestOutcome = Literal["success", "failure", "error", "skipped"]

_JobType = Literal["build", "approval"]
_Requirement = Literal["success", "failed", "canceled", "unauthorized", "not_run", "terminal"]


class UnknownValue(str):
    """A value that CircleCI's document does not list, for tests of how code treats values that are added later.

    Plans reject values that they do not know, because those are mostly typing errors; this class marks one as intended,
    for example ``JobPlan("deploy", outcome=UnknownValue("skipped_by_policy"))``.
    """

    __slots__ = ()


def require_known(name: str, value: str, choices: Any) -> None:
    """Raise ConfigurationError unless a value is one of a literal type, or is marked as unknown on purpose."""
    if not isinstance(value, UnknownValue):
        require_one_of(name, value, get_args(choices))


def _known(choices: Any) -> Callable[[Any, attrs.Attribute[Any], Any], None]:
    """Return a validator of attrs that rejects values outside of a literal type."""
    return lambda _, attribute, value: require_known(attribute.name, value, choices)


@attrs.frozen
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

    Raises:
        ConfigurationError: `result` is none of the four.
    """

    __test__ = False  # prevents pytest from collecting this class, whose name starts with Test

    name: str
    classname: str = attrs.field(default="", kw_only=True)
    file: str | None = attrs.field(default=None, kw_only=True)
    source: str = attrs.field(default="pytest", kw_only=True)
    result: TestOutcome | UnknownValue = attrs.field(default="success", kw_only=True, validator=_known(TestOutcome))
    run_time: float = attrs.field(default=0.01, kw_only=True)
    message: str = attrs.field(default="", kw_only=True)


@attrs.frozen
class ArtifactFile:
    """A file that a job stores as an artifact.

    Attributes:
        path: The path of the artifact. Jobs choose it freely, so it may be ``../../etc/passwd``.
        content: The content, in bytes. Default: empty.
        node_index: The index of the parallel run that stored the file. Default: 0.
    """

    path: str
    content: bytes = b""
    node_index: int = attrs.field(default=0, kw_only=True)


@attrs.frozen
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
    output: str = attrs.field(default="", kw_only=True)
    error_output: str = attrs.field(default="", kw_only=True)
    exit_code: int | None = attrs.field(default=0, kw_only=True)
    seconds: float = attrs.field(default=1.0, kw_only=True)
    node_index: int = attrs.field(default=0, kw_only=True)


def _requirements(value: Mapping[str, Sequence[str]] | Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    if isinstance(value, Mapping):
        return {name: tuple(outcomes) for name, outcomes in value.items()}
    return dict.fromkeys(value, ("success",))


@attrs.frozen
class JobPlan:
    """The plan of a job.

    Attributes:
        name: The name, unique within the workflow.
        requires: The jobs of the same workflow that this job depends on, which have to precede it: either a sequence of
            names, or a mapping from name to the results with which this job starts, for example
            ``{"test": ["failed"]}``; ``terminal`` stands for any. Default: no dependencies; for a sequence, ``success`` is
            required.
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

    Raises:
        ConfigurationError: `type`, an outcome, or a result in `requires` is unknown.
    """

    name: str
    requires: Mapping[str, tuple[str, ...]] = attrs.field(
        factory=dict[str, tuple[str, ...]], converter=_requirements, kw_only=True
    )
    type: _JobType = attrs.field(default="build", kw_only=True, validator=_known(_JobType))
    outcome: JobOutcome | UnknownValue = attrs.field(default="success", kw_only=True, validator=_known(JobOutcome))
    outcome_of_rerun: JobOutcome | UnknownValue = attrs.field(
        default="success", kw_only=True, validator=_known(JobOutcome)
    )
    seconds: float = attrs.field(default=60.0, kw_only=True)
    queued_seconds: float = attrs.field(default=2.0, kw_only=True)
    approved_after: float | None = attrs.field(default=None, kw_only=True)
    resource_class: str = attrs.field(default="medium", kw_only=True)
    executor: str = attrs.field(default="docker", kw_only=True)
    parallelism: int = attrs.field(default=1, kw_only=True)
    contexts: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    credits: int | None = attrs.field(default=None, kw_only=True)
    tests: tuple[TestResult, ...] | Callable[[], tuple[TestResult, ...]] = attrs.field(default=(), kw_only=True)
    artifacts: tuple[ArtifactFile, ...] | Callable[[], tuple[ArtifactFile, ...]] = attrs.field(default=(), kw_only=True)
    steps: tuple[StepPlan, ...] = attrs.field(default=(), kw_only=True)

    def __attrs_post_init__(self) -> None:
        for name, outcomes in self.requires.items():
            for outcome in outcomes:
                require_known(f"requires[{name!r}]", outcome, _Requirement)


def _job_plans(jobs: Iterable[JobPlan | str]) -> tuple[JobPlan, ...]:
    return tuple(JobPlan(job) if isinstance(job, str) else job for job in jobs)


@attrs.frozen
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
        ConfigurationError: A job requires a job that does not precede it, two jobs have the same name, or `tag` is unknown.
    """

    name: str
    jobs: tuple[JobPlan, ...] = attrs.field(converter=_job_plans)
    tag: Literal["setup"] | None = attrs.field(default=None, kw_only=True)
    starts_after: float = attrs.field(default=0.0, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.tag is not None:
            require_one_of("tag", self.tag, ("setup",))
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
    "build-and-test", jobs=(JobPlan("build", seconds=90), JobPlan("test", requires=("build",), seconds=240))
)
"""The default workflow of a project."""
