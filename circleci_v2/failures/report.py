"""FailureReport: why a pipeline failed, as values, as Markdown and as JSON types."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, Self

import attrs

from circleci_v2._wire.types import maybe_null

if TYPE_CHECKING:
    from circleci_v2.models import Pipeline, Workflow, WorkflowJob

__all__ = [
    "BuiltChange",
    "FailedJob",
    "FailedStep",
    "FailedTest",
    "FailedWorkflow",
    "FailureReport",
    "OutputLines",
    "OutputTail",
]


@attrs.frozen(kw_only=True)
class BuiltChange:
    """The change that a pipeline built, and who made it; each attribute is None when CircleCI does not know it.

    Attributes:
        branch: The branch.
        tag: The tag.
        revision: The commit.
        subject: The first line of the message of the commit.
        author: The name of the author of the commit, which only API v1.1 knows.
        triggered_by: The login of the user who started the pipeline.
        trigger: How it was started, such as ``webhook``, ``schedule`` or ``api``.
        review_url: The URL of the pull request.
    """

    branch: str | None = None
    tag: str | None = None
    revision: str | None = None
    subject: str | None = None
    author: str | None = None
    triggered_by: str | None = None
    trigger: str | None = None
    review_url: str | None = None

    @classmethod
    def of(cls, pipeline: Pipeline, author: str | None) -> Self:
        """Return the change that a pipeline built; `author` comes from API v1.1."""
        vcs, trigger = maybe_null(pipeline.vcs), maybe_null(pipeline.trigger)
        commit = maybe_null(vcs.commit) if vcs else None
        actor: Any = maybe_null(trigger.actor) if trigger else None
        return cls(
            branch=vcs.branch if vcs else None,
            tag=vcs.tag if vcs else None,
            revision=vcs.revision if vcs else None,
            subject=commit.subject if commit else None,
            author=author,
            triggered_by=actor.login if actor else None,
            trigger=str(trigger.type) if trigger else None,
            review_url=vcs.review_url if vcs else None,
        )


@attrs.frozen(kw_only=True)
class FailedTest:
    """A test that failed.

    Attributes:
        name: Its name.
        classname: Its class or module; None when the report of the job has none.
        file: Its file; None when the report of the job has none.
        message: The failure message, at most 4,000 characters.
        times_flaked: How often CircleCI saw this test flake recently; 0 when it does not report the test as flaky.
    """

    name: str
    classname: str | None = None
    file: str | None = None
    message: str = ""
    times_flaked: int = 0


@attrs.frozen(kw_only=True)
class FailedStep:
    """A step that failed on one node of a job.

    Attributes:
        name: Its name.
        node_index: The node.
        status: Its status, for example ``failed`` or ``timedout``.
        exit_code: The exit code of its command; None when CircleCI sent none.
        seconds: How long it took; None when unknown.
        output: The last lines of its output, without terminal codes.
        is_complete: Whether `output` is all that the step wrote.
    """

    name: str
    node_index: int = 0
    status: str = "failed"
    exit_code: int | None = None
    seconds: float | None = None
    output: str = ""
    is_complete: bool = True


@attrs.frozen(kw_only=True)
class FailedJob:
    """A job that failed.

    Attributes:
        job: The job.
        url: Its page in the web app; None for a job that never started.
        steps: The steps that failed.
        tests: The first of its failed tests.
        failed_tests: The number of its failed tests.
        tests_total: The number of its tests.
        problems: Why parts of this report are missing; empty when it is complete.
    """

    job: WorkflowJob
    url: str | None = None
    steps: Sequence[FailedStep] = ()
    tests: Sequence[FailedTest] = ()
    failed_tests: int = 0
    tests_total: int = 0
    problems: Sequence[str] = ()


@attrs.frozen(kw_only=True)
class FailedWorkflow:
    """A workflow with a failed job, or with an error of its own.

    Attributes:
        workflow: The workflow.
        url: Its page in the web app.
        jobs: Its failed jobs.
        problems: Why its jobs could not be listed; empty when they were.
    """

    workflow: Workflow
    url: str
    jobs: Sequence[FailedJob] = ()
    problems: Sequence[str] = ()


@attrs.frozen(kw_only=True)
class FailureReport:
    """Why a pipeline failed; see `CircleCI.failure_report`.

    Attributes:
        pipeline: The pipeline.
        status: The result of the pipeline so far, as `PipelineResult.status` describes it.
        url: Its page in the web app.
        change: The change that it built.
        errors: CircleCI's messages why the pipeline could not be set up.
        workflows: The failed workflows; of workflows with the same name only the newest, because it is the rerun of the
            others. Empty when nothing failed.
    """

    pipeline: Pipeline
    status: str
    url: str
    change: BuiltChange
    errors: Sequence[str] = ()
    workflows: Sequence[FailedWorkflow] = ()

    @property
    def jobs(self) -> list[FailedJob]:
        """The failed jobs of all workflows."""
        return [job for workflow in self.workflows for job in workflow.jobs]

    @property
    def problems(self) -> list[str]:
        """Why parts of this report are missing; empty when it is complete."""
        of_workflows = [problem for workflow in self.workflows for problem in workflow.problems]
        return of_workflows + [problem for job in self.jobs for problem in job.problems]

    def to_markdown(self) -> str:
        """Return the report as Markdown, for a comment on a pull request or a chat message.

        Names and output are in code spans and code blocks, so that nothing in them becomes markup or a mention.
        """
        return "\n".join(_markdown(self)).rstrip() + "\n"

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON types; models as CircleCI sent them."""
        return {
            "pipeline": self.pipeline.to_dict(),
            "status": self.status,
            "url": self.url,
            "change": attrs.asdict(self.change),
            "errors": [*self.errors],
            "workflows": [
                {
                    "workflow": failed.workflow.to_dict(),
                    "url": failed.url,
                    "jobs": [_job_dict(job) for job in failed.jobs],
                    "problems": [*failed.problems],
                }
                for failed in self.workflows
            ],
        }


def _job_dict(failed: FailedJob) -> dict[str, Any]:
    return {
        "job": failed.job.to_dict(),
        "url": failed.url,
        "steps": [attrs.asdict(step) for step in failed.steps],
        "tests": [attrs.asdict(test) for test in failed.tests],
        "failed_tests": failed.failed_tests,
        "tests_total": failed.tests_total,
        "problems": [*failed.problems],
    }


def _markdown(report: FailureReport) -> Iterator[str]:
    pipeline = report.pipeline
    yield f"## Pipeline [{pipeline.number}]({report.url}) of {_code(pipeline.project_slug)}: {_code(report.status)}"
    yield ""
    yield f"- {_change_line(report.change)}"
    if report.change.review_url:
        yield f"- Pull request: <{_link(report.change.review_url)}>"
    for message in report.errors:
        yield from ("", "The pipeline could not be set up:", "", *_block(message))
    if not report.workflows and not report.errors:
        yield from ("", "No job failed.")
    for failed in report.workflows:
        yield from ("", f"### Workflow [{_escaped(str(failed.workflow.name))}]({failed.url}): {failed.workflow.status}")
        yield from (f"\n> {_escaped(problem)}" for problem in failed.problems)
        for job in failed.jobs:
            yield from _markdown_of_job(job)


def _change_line(change: BuiltChange) -> str:
    parts = [f"{name} {_code(value)}" for name, value in (("Branch", change.branch), ("tag", change.tag)) if value]
    if change.revision:
        parts.append(f"commit {_code(change.revision[:10])}" + (f" {_code(change.subject)}" if change.subject else ""))
    if change.author:
        parts.append(f"by {_code(change.author)}")
    if change.triggered_by or change.trigger:
        by = f" by {_code(change.triggered_by)}" if change.triggered_by else ""
        parts.append(f"triggered{by}" + (f" ({change.trigger})" if change.trigger else ""))
    return ", ".join(parts) or "CircleCI does not say which change it built"


def _markdown_of_job(failed: FailedJob) -> Iterator[str]:
    number = "" if failed.url is None else f" ([job {failed.job.job_number}]({failed.url}))"
    yield from ("", f"#### {_code(str(failed.job.name))}: {failed.job.status}{number}")
    if failed.failed_tests:
        yield from ("", f"{failed.failed_tests:,} of {failed.tests_total:,} tests failed:", "")
        for test in failed.tests:
            flaked = f" (flaky: {test.times_flaked} times)" if test.times_flaked else ""
            yield f"- {_code(test.file or test.classname or '?')} {_code(test.name)}{flaked}"
            if test.message:
                yield from ("", *(f"  {line}" for line in _block(test.message)), "")
        if failed.failed_tests > len(failed.tests):
            yield f"- and {failed.failed_tests - len(failed.tests):,} more"
    for step in failed.steps:
        outcome = step.status if step.exit_code is None else f"exit code {step.exit_code}"
        yield from ("", f"Step {_code(step.name)} on node {step.node_index}: {outcome}")
        if step.output:
            yield from ("", *_block(step.output if step.is_complete else f"…\n{step.output}"))
    yield from (f"\n> {_escaped(problem)}" for problem in failed.problems)


def _fence(text: str, minimum: int) -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    return "`" * max(minimum, longest + 1)


def _code(text: str) -> str:
    """Return a code span (CommonMark, section 6.1); line breaks become spaces."""
    line = " ".join(text.split())
    fence = _fence(line, 1)
    padding = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{padding}{line}{padding}{fence}"


def _block(text: str) -> list[str]:
    """Return a code block (CommonMark, section 4.5)."""
    fence = _fence(text, 3)
    return [f"{fence}text", *text.rstrip("\n").split("\n"), fence]


def _escaped(text: str) -> str:
    """Return text without markup; a zero-width space after @ keeps it from being a mention."""
    return re.sub(r"([\\`*_\[\]<>#|~!])", r"\\\1", " ".join(text.split())).replace("@", "@\u200b")


def _link(url: str) -> str:
    return re.sub(r"[<>\s]", "", url)


_CODES: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor (ECMA-48, section 5.4)
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC and other strings (section 5.6)
    r"|\x1b[ -/]*[0-~]?"
)
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MAX_LINE: Final = 16_384
"""Characters of a line; a longer one, such as minified code, is divided."""


_MAX_SHOWN: Final = 1_000
"""Characters of a line that a report keeps."""


class OutputLines:
    """Divides output into lines as a terminal would show them: without its codes, and with overwritten text left out.

    Memory is bounded: a line of more than 16,384 characters is divided.
    """

    def __init__(self) -> None:
        self._rest = ""

    def feed(self, text: str) -> list[str]:
        """Return the lines that a further piece of output completes."""
        *lines, self._rest = (self._rest + text).split("\n")
        if len(self._rest) > _MAX_LINE:
            # A progress bar returns to the start of its line again and again.
            self._rest = self._rest[self._rest.rstrip("\r").rfind("\r") + 1 :]
            while len(self._rest) > _MAX_LINE:
                lines.append(self._rest[:_MAX_LINE])
                self._rest = self._rest[_MAX_LINE:]
        return [shown for line in lines for shown in _divided(_shown(line))]

    def finish(self) -> list[str]:
        """Return the last line, if it has no line break."""
        rest, self._rest = self._rest, ""
        return [_shown(rest)] if rest else []


def _divided(line: str) -> list[str]:
    return [line[start : start + _MAX_LINE] for start in range(0, len(line), _MAX_LINE)] or [""]


def _shown(line: str) -> str:
    line = _CODES.sub("", line)
    return _CONTROLS.sub("", line.rstrip("\r").rpartition("\r")[2])


class OutputTail:
    """The last lines of output that arrives in pieces.

    Args:
        lines: The number of lines to keep.

    Attributes:
        is_complete: Whether nothing was left out.
    """

    def __init__(self, lines: int) -> None:
        self._lines: list[str] = []
        self._limit = lines
        self._incoming = OutputLines()
        self.is_complete = True

    def feed(self, text: str) -> None:
        """Add a piece of output."""
        self._keep(self._incoming.feed(text))

    def finish(self) -> str:
        """Return the last lines."""
        self._keep(self._incoming.finish())
        return "\n".join(self._lines)

    def _keep(self, lines: list[str]) -> None:
        self._lines += (line if len(line) <= _MAX_SHOWN else f"{line[:_MAX_SHOWN]}…" for line in lines)
        if len(self._lines) > self._limit:
            self.is_complete = False
            self._lines = self._lines[len(self._lines) - self._limit :]
