"""Why a pipeline failed: its failed jobs with their failed tests, failing steps and the end of their output.

The client offers `failure_report` and `job_log` as methods, with itself as the first argument:
``print((await circleci.failure_report(url)).to_markdown())``.

Steps and their output are not part of API v2; they come from API v1.1, outside of CircleCI's OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, TypeVar
from uuid import UUID

import attrs

from circleci_v2 import models
from circleci_v2._unpublished import FAILED_STATUSES, JobRun, JobStep, UnpublishedClient, fetch_job_run, read_output
from circleci_v2._validation import require_at_least_one
from circleci_v2._wire.types import maybe_null
from circleci_v2.bulk import map_concurrently
from circleci_v2.errors import AuthenticationError, CircleCIError, ConfigurationError, NotFoundError
from circleci_v2.failures.report import (
    BuiltChange,
    FailedJob,
    FailedStep,
    FailedTest,
    FailedWorkflow,
    FailureReport,
    OutputLines,
    OutputTail,
)
from circleci_v2.slugs import ProjectSlug, Target
from circleci_v2.streams import Send, Stream
from circleci_v2.waiting.states import PipelineResult, newest_of_each_name

if TYPE_CHECKING:
    from circleci_v2.models import FlakyTestReport, Pipeline, Workflow, WorkflowJob
    from circleci_v2.namespaces import Insights, Jobs, Pipelines, Workflows

__all__ = [
    "BuiltChange",
    "FailedJob",
    "FailedStep",
    "FailedTest",
    "FailedWorkflow",
    "FailureReport",
    "JobStep",
    "LogChunk",
    "OutputLines",
    "failure_report",
    "find_workflows",
    "job_log",
]

T = TypeVar("T")

_PASSED: Final = frozenset({"success", "skipped"})
_MESSAGE_LENGTH: Final = 4_000
_JOBS_AT_A_TIME: Final = 8


class ReportClient(UnpublishedClient, Protocol):
    """The part of the client that a report needs."""

    @property
    def pipelines(self) -> Pipelines:
        """The operations on pipelines."""
        ...

    @property
    def workflows(self) -> Workflows:
        """The operations on workflows."""
        ...

    @property
    def jobs(self) -> Jobs:
        """The operations on jobs."""
        ...

    @property
    def insights(self) -> Insights:
        """The operations on insights."""
        ...


@attrs.frozen(kw_only=True)
class LogChunk:
    """A piece of the output of a step.

    Attributes:
        step: The step.
        text: The text, with the terminal codes that the step wrote. `OutputLines` divides it into lines without them.
    """

    step: JobStep
    text: str


def job_log(
    client: UnpublishedClient, project_slug: ProjectSlug | str, job_number: int, *, failed_only: bool = True
) -> Stream[LogChunk]:
    """Stream the output of the steps of a job, in the order in which they ran.

    ::

        async for chunk in circleci.job_log("gh/acme/web", 1234):
            print(chunk.text, end="")

    The output comes from API v1.1, outside of CircleCI's OpenAPI document. It is passed on as it arrives: memory does not
    grow with its length. A step without output yields nothing.

    Args:
        client: The client.
        project_slug: The project, for example ``gh/acme/web``.
        job_number: The number of the job.
        failed_only: Whether to leave out the steps that did not fail. Default: True.

    Returns:
        A stream of pieces; each iteration requests the output anew.

    Raises:
        InvalidSlugError: `project_slug` is not a project slug.
        NotFoundError: While iterating: the job does not exist, or the token may not see it.
        CircleCIError: While iterating: the steps or the output of one could not be read.
    """
    slug = ProjectSlug(project_slug)

    async def produce(send: Send[LogChunk]) -> None:
        async def receive(step: JobStep, text: str) -> None:
            await send((LogChunk(step=step, text=text),))

        for step in (await fetch_job_run(client, slug, job_number)).steps:
            if step.failed or not failed_only:
                await read_output(client, slug, job_number, step, partial(receive, step))

    return Stream(produce)


async def failure_report(
    circleci: ReportClient,
    target: Pipeline | Workflow | UUID | str,
    *,
    branch: str | None = None,
    lines: int = 30,
    tests: int = 20,
    search: int = 20,
) -> FailureReport:
    """Find out why a pipeline or a workflow failed.

    A part that cannot be fetched, such as the output of one step, is named in `FailureReport.problems`, and the report
    contains all others.

    Args:
        circleci: The client.
        target: The pipeline or workflow: the model, its UUID, or the URL of a pipeline, workflow or job in the web app; of
            a job, only that job is reported. Or a project slug, for the newest pipeline of the project that failed, and
            the newest one if none did.
        branch: With a project, only pipelines of this branch. Default: all.
        lines: The number of lines to keep of the output of each step that failed. Default: 30.
        tests: The number of failed tests to keep of each job. Default: 20.
        search: With a project, how many pipelines to search for one that failed. Default: 20.

    Returns:
        The report. `FailureReport.workflows` is empty when nothing failed.

    Raises:
        NotFoundError: The pipeline, workflow or job does not exist, or the token may not see it.
        ConfigurationError: `target` is none of these, or a project without pipelines, or another argument is out of range.
        CircleCIError: The pipeline, or the list of its workflows, could not be fetched.
    """
    require_at_least_one("lines", lines, "line")
    require_at_least_one("tests", tests, "test")
    require_at_least_one("search", search, "pipeline")
    return await _Investigation(circleci, lines=lines, tests=tests, search=search).run(target, branch)


async def find_workflows(circleci: ReportClient, where: Target) -> Workflow | tuple[Pipeline, list[Workflow]]:
    """Return the workflow that a target names, also by one of its jobs; or else the pipeline with its workflows.

    Raises:
        NotFoundError: The pipeline, workflow or job does not exist, or the token may not see it.
        ConfigurationError: The target is a project.
    """
    if where.workflow_id is not None:
        return await circleci.workflows.get(where.workflow_id)
    if where.unknown_id is not None:
        try:
            return await circleci.workflows.get(where.unknown_id)
        except NotFoundError:
            pipeline = await circleci.pipelines.get(where.unknown_id)
    elif where.project is not None and where.job_number is not None:
        details = await circleci.jobs.get_by_number(where.project, where.job_number)
        return await circleci.workflows.get(details.latest_workflow.id)
    elif where.project is not None and where.pipeline_number is not None:
        pipeline = await circleci.pipelines.get_by_number(where.project, where.pipeline_number)
    else:
        msg = f"{where.project} is a project: pass the UUID or the URL of one of its pipelines or workflows"
        raise ConfigurationError(msg)
    return pipeline, await _workflows_of(circleci, pipeline)


async def _workflows_of(circleci: ReportClient, pipeline: Pipeline) -> list[Workflow]:
    try:
        return await circleci.pipelines.list_workflows(pipeline.id).collect()
    except NotFoundError as error:
        # CircleCI responds with 404 for a pipeline that has none.
        if error.items_seen:
            raise
        return []


class _Investigation:
    """The requests of one report."""

    def __init__(self, circleci: ReportClient, *, lines: int, tests: int, search: int) -> None:
        self._circleci = circleci
        self._lines = lines
        self._tests = tests
        self._search = search
        self._author: str | None = None

    async def run(self, target: Pipeline | Workflow | UUID | str, branch: str | None) -> FailureReport:
        pipeline, workflows, job_number = await self._resolve(target, branch)
        failed = [workflow for workflow in newest_of_each_name(workflows) if _has_failed(workflow)]
        reports = [await self._report_workflow(pipeline, workflow, job_number) for workflow in failed]
        reports = await self._mark_flaky(pipeline.project_slug, reports)
        return FailureReport(
            pipeline=pipeline,
            status=PipelineResult(pipeline=pipeline, workflows=workflows).status,
            url=self._page(pipeline),
            change=BuiltChange.of(pipeline, self._author),
            errors=[error.message for error in pipeline.errors or ()],
            workflows=reports,
        )

    async def _resolve(
        self, target: Pipeline | Workflow | UUID | str, branch: str | None
    ) -> tuple[Pipeline, Sequence[Workflow], int | None]:
        """Return the pipeline, the workflows to report, and the number of the job where only one is to be reported."""
        if isinstance(target, models.Pipeline):
            return target, await _workflows_of(self._circleci, target), None
        if isinstance(target, models.Workflow):
            return await self._circleci.pipelines.get(target.pipeline_id), [target], None
        where = Target.parse(target, branch)
        if where.is_project:
            return await self._find_pipeline(where)
        workflows = await find_workflows(self._circleci, where)
        if isinstance(workflows, tuple):
            return *workflows, None
        return await self._circleci.pipelines.get(workflows.pipeline_id), [workflows], where.job_number

    async def _find_pipeline(self, where: Target) -> tuple[Pipeline, Sequence[Workflow], None]:
        assert where.project is not None  # noqa: S101 - it is one
        newest: tuple[Pipeline, Sequence[Workflow], None] | None = None
        searched = 0
        async for pipeline in self._circleci.pipelines.list_for_project(where.project, branch=where.branch):
            workflows = await _workflows_of(self._circleci, pipeline)
            if pipeline.state == "errored" or any(map(_has_failed, newest_of_each_name(workflows))):
                return pipeline, workflows, None
            newest = newest or (pipeline, workflows, None)
            searched += 1
            if searched == self._search:
                break
        if newest is None:
            on_branch = f" on branch {where.branch!r}" if where.branch else ""
            msg = f"{where.project} has no pipelines{on_branch}"
            raise ConfigurationError(msg)
        return newest

    async def _report_workflow(self, pipeline: Pipeline, workflow: Workflow, job_number: int | None) -> FailedWorkflow:
        problems: list[str] = []
        url = f"{self._page(pipeline)}/workflows/{workflow.id}"
        list_jobs = self._circleci.workflows.list_jobs(workflow.id).collect
        jobs: Iterable[WorkflowJob] = await _tolerate("The jobs", list_jobs, problems) or ()
        failed = [job for job in jobs if job.status in FAILED_STATUSES and job_number in {None, job.job_number}]

        async def report(job: WorkflowJob) -> FailedJob:
            return await self._report_job(job, url)

        async with map_concurrently(report, failed, concurrency=_JOBS_AT_A_TIME, ordered=True) as outcomes:
            reports = [outcome.result async for outcome in outcomes]
        return FailedWorkflow(workflow=workflow, url=url, jobs=reports, problems=problems)

    async def _report_job(self, job: WorkflowJob, workflow_url: str) -> FailedJob:
        number = job.job_number
        if number is None:
            return FailedJob(job=job)
        problems: list[str] = []
        counts = _TestCounts(limit=self._tests)
        await _tolerate("The tests", lambda: self._count_tests(job, number, counts), problems)
        steps = await self._failed_steps(job, number, problems)
        return FailedJob(
            job=job,
            url=f"{workflow_url}/jobs/{number}",
            steps=steps,
            tests=counts.kept,
            failed_tests=counts.failed,
            tests_total=counts.total,
            problems=problems,
        )

    async def _count_tests(self, job: WorkflowJob, number: int, counts: _TestCounts) -> None:
        async for test in self._circleci.jobs.list_tests(job.project_slug, number):
            counts.add(test)

    async def _failed_steps(self, job: WorkflowJob, number: int, problems: list[str]) -> list[FailedStep]:
        slug = job.project_slug
        run: JobRun | None = await _tolerate("The steps", lambda: fetch_job_run(self._circleci, slug, number), problems)
        if run is None:
            return []
        self._author = self._author or run.author
        return [await self._report_step(slug, number, step, problems) for step in run.steps if step.failed]

    async def _report_step(self, slug: str, number: int, step: JobStep, problems: list[str]) -> FailedStep:
        tail = OutputTail(self._lines)

        async def receive(text: str) -> None:
            tail.feed(text)

        part = f"The output of step {step.name!r} on node {step.node_index}"
        await _tolerate(part, lambda: read_output(self._circleci, slug, number, step, receive), problems)
        output = tail.finish()
        return FailedStep(
            name=step.name,
            node_index=step.node_index,
            status=step.status or "failed",
            exit_code=step.exit_code,
            seconds=step.seconds,
            output=output,
            is_complete=tail.is_complete and not step.truncated,
        )

    async def _mark_flaky(self, slug: str, reports: list[FailedWorkflow]) -> list[FailedWorkflow]:
        if not any(job.tests for report in reports for job in report.jobs):
            return reports
        # Without it, the tests count as not flaky; a project without Insights has no such list.
        flaky: FlakyTestReport | None = await _tolerate(
            "The flaky tests", lambda: self._circleci.insights.flaky_tests(slug), []
        )
        flaked: dict[tuple[str, str | None], int] = {}
        for test in flaky.flaky_tests if flaky else ():  # once for each job in which it flaked
            key = (test.test_name, test.classname)
            flaked[key] = max(test.times_flaked, flaked.get(key, 0))

        def marked(job: FailedJob) -> FailedJob:
            tests = [attrs.evolve(one, times_flaked=flaked.get((one.name, one.classname), 0)) for one in job.tests]
            return attrs.evolve(job, tests=tests)

        return [attrs.evolve(report, jobs=[marked(job) for job in report.jobs]) for report in reports]

    def _page(self, pipeline: Pipeline) -> str:
        """Return the URL of a pipeline in the web app, which is on a host of its own in the cloud only."""
        origin = "/".join(self._circleci.base_url.split("/")[:3])
        origin = "https://app.circleci.com" if origin == "https://circleci.com" else origin
        return f"{origin}/pipelines/{ProjectSlug(pipeline.project_slug).path}/{pipeline.number}"


@attrs.define
class _TestCounts:
    """Counts the tests of a job, and keeps the first that failed."""

    limit: int
    kept: list[FailedTest] = attrs.field(factory=list[FailedTest])
    failed: int = 0
    total: int = 0

    def add(self, test: models.JobTest) -> None:
        self.total += 1
        if test.result in _PASSED:
            return
        self.failed += 1
        if len(self.kept) < self.limit:
            shown = OutputLines()
            message = "\n".join([*shown.feed(str(test.message or "")), *shown.finish()])
            self.kept.append(
                FailedTest(
                    name=str(test.name),
                    classname=test.classname or None,
                    file=test.file or None,
                    message=message if len(message) <= _MESSAGE_LENGTH else f"{message[:_MESSAGE_LENGTH]}…",
                )
            )


def _has_failed(workflow: Workflow) -> bool:
    # Workflows of expired pipelines are listed without an id.
    return maybe_null(workflow.id) is not None and workflow.status in {"failed", "failing", "error", "unauthorized"}


async def _tolerate(part: str, fetch: Callable[[], Awaitable[T]], problems: list[str]) -> T | None:
    """Fetch a part of the report; its error becomes one of the problems."""
    try:
        return await fetch()
    except AuthenticationError:
        raise
    except CircleCIError as error:
        problems.append(f"{part} could not be read: {type(error).__name__}: {error}")
        return None
