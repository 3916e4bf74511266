"""Commands that show why something failed: why, logs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Annotated, Final

import typer

from circleci_v2.cli.options import DEMO_PROJECT, AsObject, Demo, Project, connect
from circleci_v2.cli.output import activity, print_json, print_line, print_message, print_wrapped, write_text
from circleci_v2.cli.process import escape_line
from circleci_v2.cli.runner import run
from circleci_v2.failures import BuiltChange, FailedJob, FailureReport, OutputLines

__all__ = ["logs", "why"]

_STEP_OUTPUT: Final = "    │ "


def why(
    target: Annotated[
        str | None,
        typer.Argument(
            help="The URL of a pipeline, workflow or job in the web app; the UUID of a pipeline or workflow; or a project "
            "slug, for its newest pipeline that failed. Default with --demo: gh/acme/web.",
            metavar="TARGET",
        ),
    ] = None,
    branch: Annotated[
        str | None, typer.Argument(help="Only pipelines of this branch, where TARGET is a project.", metavar="BRANCH")
    ] = None,
    *,
    lines: Annotated[int, typer.Option(min=1, help="The lines to show of the output of each failed step.")] = 30,
    tests: Annotated[int, typer.Option(min=1, help="The failed tests to show of each job.")] = 20,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown, for a comment or a message.")] = False,
    as_json: AsObject = False,
    demo: Demo = False,
) -> None:
    """Show why a pipeline failed: its failed jobs and tests, and the end of the output of each step that failed.

    Example:  circleci-v2 why gh/acme/web main
    """
    if target is None and not demo:
        msg = "Missing argument TARGET: a URL of the web app, a UUID, or a project slug such as gh/acme/web."
        raise typer.BadParameter(msg)
    if markdown and as_json:
        msg = "--markdown and --json exclude each other: choose one."
        raise typer.BadParameter(msg)
    run(_why(target or DEMO_PROJECT, branch, lines, tests, markdown=markdown, as_json=as_json, demo=demo))


async def _why(
    target: str, branch: str | None, lines: int, tests: int, *, markdown: bool, as_json: bool, demo: bool
) -> None:
    async with connect(demo=demo) as circleci:
        with activity("Reading failed jobs"):
            report = await circleci.failure_report(target, branch=branch, lines=lines, tests=tests)
    if as_json:
        print_json(report.to_dict(), indent=2)
    elif markdown:
        write_text(report.to_markdown())
    else:
        _print_report(report)


def _print_report(report: FailureReport) -> None:
    pipeline = report.pipeline
    print_wrapped(f"Pipeline {pipeline.number} of {pipeline.project_slug}: {report.status}", style="bold")
    print_wrapped(_describe(report.change))
    for link in filter(None, (report.change.review_url, report.url)):
        print_line(link, style="dim")
    for message in report.errors:
        print_line("")
        print_wrapped("The pipeline could not be set up:", style="bold red")
        for line in message.splitlines():
            print_wrapped(line, indent=2)
    if not report.workflows and not report.errors:
        print_wrapped("No job failed.")
    for failed in report.workflows:
        print_line("")
        print_wrapped(f"Workflow {failed.workflow.name}: {failed.workflow.status}", style="bold")
        for job in failed.jobs:
            _print_job(job)
    for problem in report.problems:
        print_message(f"note: {problem}")


def _describe(change: BuiltChange) -> str:
    parts = [f"{name} {value}" for name, value in (("branch", change.branch), ("tag", change.tag)) if value]
    if change.revision:
        parts.append(f"commit {change.revision[:10]}" + (f" ({change.subject})" if change.subject else ""))
    if change.author:
        parts.append(f"by {change.author}")
    if change.triggered_by or change.trigger:
        parts.append(f"triggered by {change.triggered_by or change.trigger}")
    return ", ".join(parts) or "CircleCI does not say which change it built"


def _print_job(failed: FailedJob) -> None:
    number = "" if failed.job.job_number is None else f" (job {failed.job.job_number})"
    print_line("")
    print_wrapped(f"{failed.job.name}{number}: {failed.job.status}", indent=2, style="bold red")
    if failed.url:
        print_line(f"  {failed.url}", style="dim")
    if failed.failed_tests:
        print_wrapped(f"{failed.failed_tests:,} of {failed.tests_total:,} tests failed:", indent=2)
        for test in failed.tests:
            flaked = f" (flaky: {test.times_flaked} times)" if test.times_flaked else ""
            place = f"{test.file or test.classname} " if test.file or test.classname else ""
            print_wrapped(f"✗ {place}{test.name}{flaked}", indent=4, hanging=2)
            for line in test.message.splitlines():
                print_wrapped(line, indent=6)
        if failed.failed_tests > len(failed.tests):
            print_wrapped(f"and {failed.failed_tests - len(failed.tests):,} more: raise --tests", indent=4)
    for step in failed.steps:
        outcome = step.status if step.exit_code is None else f"exit code {step.exit_code}"
        took = "" if step.seconds is None else f" after {step.seconds:,.0f} s"
        node = f" on node {step.node_index}" if step.node_index else ""
        print_wrapped(f"step {step.name}{node}: {outcome}{took}", indent=2)
        for line in _shown_output(step.output, is_complete=step.is_complete):
            print_line(line)


def _shown_output(output: str, *, is_complete: bool) -> Iterator[str]:
    if output and not is_complete:
        yield f"{_STEP_OUTPUT}…"
    for line in output.splitlines():
        yield f"{_STEP_OUTPUT}{line}".rstrip().expandtabs()


def logs(
    project: Project,
    job: Annotated[int, typer.Argument(help="The job number, as circleci-v2 jobs prints it.", metavar="JOB")],
    *,
    failed: Annotated[bool, typer.Option("--failed", help="Only the steps that failed.")] = False,
    as_jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Print one JSON object per piece of output, exactly.")
    ] = False,
    demo: Demo = False,
) -> None:
    """Print the output of the steps of a job, without terminal codes, as it arrives.

    Example:  circleci-v2 logs gh/acme/web 1234 --failed
    """
    run(_logs(project, job, failed, as_jsonl, demo))


async def _logs(project: str, job: int, failed: bool, as_jsonl: bool, demo: bool) -> None:
    step, lines = None, OutputLines()
    reading = activity("Reading the steps")
    async with connect(demo=demo) as circleci, circleci.job_log(project, job, failed_only=failed) as chunks:
        with reading:
            async for chunk in chunks:
                reading.stop()
                if as_jsonl:
                    step = chunk.step
                    columns = {"step": step.name, "node_index": step.node_index, "exit_code": step.exit_code}
                    print_json({**columns, "text": chunk.text})
                    continue
                if chunk.step is not step:
                    _write_lines(lines.finish())
                    step = chunk.step
                    outcome = step.status if step.exit_code is None else f"exit code {step.exit_code}"
                    print_line(f"── {step.name}, node {step.node_index}: {outcome}", style="bold")
                _write_lines(lines.feed(chunk.text))
    _write_lines(lines.finish())
    if step is None:
        print_message(f"No step {'failed' if failed else 'of this job wrote anything'}.")
    sys.stdout.flush()


def _write_lines(lines: list[str]) -> None:
    sys.stdout.write("".join(f"{escape_line(line.expandtabs())}\n" for line in lines))
