"""Commands that read CI data and print it: whoami, history, jobs, flaky."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import datetime
from typing import Final, Literal

import attrs

from circleci_v2.cli.options import Branch, Demo, Limit, Project, Since, connect
from circleci_v2.cli.output import (
    AsCsv,
    AsJson,
    AsJsonl,
    Format,
    print_message,
    print_rows,
    progress,
    select_format,
)
from circleci_v2.cli.runner import run
from circleci_v2.client import CircleCI
from circleci_v2.history import PipelineRecord

__all__ = ["collect", "fetch_history", "flaky", "history", "jobs", "whoami"]

_DEFAULT_PIPELINES: Final = 100


def whoami(*, demo: Demo = False, as_json: AsJson = False, as_jsonl: AsJsonl = False, as_csv: AsCsv = False) -> None:
    """Show the user that owns the token, and the organizations it can access.

    Example:  circleci-v2 whoami --demo
    """
    run(_whoami(demo, select_format(as_json=as_json, as_jsonl=as_jsonl, as_csv=as_csv)))


async def _whoami(demo: bool, output_format: Format) -> None:
    async with connect(demo=demo) as circleci:
        me = await circleci.user.me()
        organizations = await circleci.user.collaborations()
    rows = [
        {
            "login": me.login,
            "name": me.name,
            "organization": organization.slug,
            "vcs_type": organization.vcs_type,
            "organization_id": organization.id,
        }
        for organization in organizations
    ]
    print_rows(rows or [{"login": me.login, "name": me.name}], output_format, title="The token belongs to")


def history(
    project: Project,
    *,
    branch: Branch = None,
    since: Since = None,
    limit: Limit = _DEFAULT_PIPELINES,
    demo: Demo = False,
    as_json: AsJson = False,
    as_jsonl: AsJsonl = False,
    as_csv: AsCsv = False,
) -> None:
    """List the workflow runs of a project, newest first.

    Example:  circleci-v2 history gh/acme/web --since 7d --csv > history.csv
    """
    output_format = select_format(as_json=as_json, as_jsonl=as_jsonl, as_csv=as_csv)
    columns = {
        "pipeline_number": "pipeline",
        "pipeline_created_at": "created",
        "branch": "branch",
        "trigger_type": "trigger",
        "workflow_name": "workflow",
        "workflow_status": "status",
        "workflow_seconds": "took",
    }
    request = _HistoryRequest(
        project=project,
        branch=branch,
        since=since,
        limit=limit,
        level="workflows",
        columns=columns,
        output_format=output_format,
    )
    run(_print_history(request, demo))


def jobs(
    project: Project,
    *,
    branch: Branch = None,
    since: Since = None,
    limit: Limit = 10,
    demo: Demo = False,
    as_json: AsJson = False,
    as_jsonl: AsJsonl = False,
    as_csv: AsCsv = False,
) -> None:
    """List the job runs of a project, with the job numbers that the artifacts command accepts.

    Example:  circleci-v2 jobs gh/acme/web --branch main --limit 1
    """
    output_format = select_format(as_json=as_json, as_jsonl=as_jsonl, as_csv=as_csv)
    columns = {
        "pipeline_number": "pipeline",
        "branch": "branch",
        "workflow_name": "workflow",
        "job_name": "job",
        "job_number": "number",
        "job_status": "status",
        "job_started_at": "started",
        "job_seconds": "took",
    }
    request = _HistoryRequest(
        project=project,
        branch=branch,
        since=since,
        limit=limit,
        level="jobs",
        columns=columns,
        output_format=output_format,
    )
    run(_print_history(request, demo))


@attrs.frozen(kw_only=True)
class _HistoryRequest:
    """The arguments of `history` or `jobs`."""

    project: str
    branch: str | None
    since: datetime | None
    limit: int | None
    level: Literal["workflows", "jobs"]
    columns: Mapping[str, str]
    output_format: Format


async def fetch_history(
    circleci: CircleCI,
    project_slug: str,
    *,
    branch: str | None = None,
    since: datetime | None = None,
    limit: int | None = None,
    limit_hint: str | None = None,
    between_results: bool = False,
) -> AsyncGenerator[PipelineRecord]:
    """Yield the pipelines of a project with their workflows and jobs, newest first, under a progress bar.

    Args:
        circleci: The client.
        project_slug: The project.
        branch: Only pipelines of this branch. Default: all.
        since: Only pipelines created at this time or later. Default: all.
        limit: The maximum number of pipelines. Default: all.
        limit_hint: A message to print when the limit was reached, as there may be more.
        between_results: Each record is printed as it is yielded.
    """
    bar, update = progress("pipelines", between_results=between_results)
    done = missing = 0
    with bar:
        async with circleci.history(project_slug, branch=branch, since=since) as records:
            async for record in records:
                yield record
                done += 1
                missing += len(record.failures)
                update(done, limit)
                if done == limit:
                    break
    if limit_hint is not None and done == limit:
        print_message(limit_hint)
    if missing:
        print_message(f"{missing} workflows or jobs are missing, as CircleCI returned an error; they may have expired.")


async def collect(records: AsyncGenerator[PipelineRecord]) -> list[PipelineRecord]:
    """Collect the records into a list."""
    async with aclosing(records):
        return [record async for record in records]


async def _print_history(request: _HistoryRequest, demo: bool) -> None:
    async with connect(demo=demo) as circleci:
        records = fetch_history(
            circleci,
            request.project,
            branch=request.branch,
            since=request.since,
            limit=request.limit,
            limit_hint=f"These are the newest {request.limit} pipelines; raise --limit for more.",
            between_results=request.output_format == "jsonl",
        )
        if request.output_format == "jsonl":
            # Print each record as it arrives; a long history would take minutes to complete.
            async with aclosing(records):
                async for record in records:
                    print_rows(record.to_records(request.level), "jsonl", title="")
            return
        rows = [row for record in await collect(records) for row in record.to_records(request.level)]
    print_rows(
        rows, request.output_format, title=f"{request.level.capitalize()} of {request.project}", columns=request.columns
    )


def flaky(
    project: Project,
    *,
    demo: Demo = False,
    as_json: AsJson = False,
    as_jsonl: AsJsonl = False,
    as_csv: AsCsv = False,
) -> None:
    """List the tests that CircleCI reports as flaky, most frequent first.

    Example:  circleci-v2 flaky gh/acme/web --demo
    """
    output_format = select_format(as_json=as_json, as_jsonl=as_jsonl, as_csv=as_csv)
    run(_flaky(project, demo, output_format))


async def _flaky(project: str, demo: bool, output_format: Format) -> None:
    async with connect(demo=demo) as circleci:
        report = await circleci.insights.flaky_tests(project)
    rows = [
        {
            "test": test.test_name,
            "flaked": test.times_flaked,
            "job": test.job_name,
            "workflow": test.workflow_name,
            "file": test.file,
            "last_seen_at": test.workflow_created_at,
            "job_number": test.job_number,
        }
        for test in sorted(report.flaky_tests, key=lambda test: test.times_flaked, reverse=True)
    ]
    columns = {"test": "test", "flaked": "flaked", "job": "job", "workflow": "workflow", "last_seen_at": "last seen"}
    print_rows(rows, output_format, title=f"Flaky tests of {project}", columns=columns)
