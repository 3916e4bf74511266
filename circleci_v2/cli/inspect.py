"""Commands that read CI data and print it: whoami, projects, history, jobs, flaky."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import datetime
from typing import Annotated, Final, Literal

import attrs
import typer

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
from circleci_v2.history import PipelineRecord, ProjectSource
from circleci_v2.streams import Stream

__all__ = ["collect", "fetch_history", "flaky", "history", "jobs", "projects", "whoami"]

_DEFAULT_PIPELINES: Final = 100

ProjectOrOrganization = Annotated[
    str,
    typer.Argument(
        help="The project slug, such as gh/acme/web; or an organization slug, such as gh/acme, for all of its projects "
        "whose pipelines CircleCI lists.",
        metavar="PROJECT",
    ),
]


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


def _project_column(slug: str) -> dict[str, str]:
    return {"project_slug": "project"} if slug.count("/") == 1 else {}


def history(
    project: ProjectOrOrganization,
    *,
    branch: Branch = None,
    since: Since = None,
    limit: Limit = _DEFAULT_PIPELINES,
    demo: Demo = False,
    as_json: AsJson = False,
    as_jsonl: AsJsonl = False,
    as_csv: AsCsv = False,
) -> None:
    """List the workflow runs of a project or of an organization, newest first.

    Example:  circleci-v2 history gh/acme/web --since 7d --csv > history.csv
    """
    output_format = select_format(as_json=as_json, as_jsonl=as_jsonl, as_csv=as_csv)
    columns = {
        **_project_column(project),
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
    project: ProjectOrOrganization,
    *,
    branch: Branch = None,
    since: Since = None,
    limit: Limit = 10,
    demo: Demo = False,
    as_json: AsJson = False,
    as_jsonl: AsJsonl = False,
    as_csv: AsCsv = False,
) -> None:
    """List the job runs of a project or of an organization, with the job numbers that the artifacts command accepts.

    Example:  circleci-v2 jobs gh/acme/web --branch main --limit 1
    """
    output_format = select_format(as_json=as_json, as_jsonl=as_jsonl, as_csv=as_csv)
    columns = {
        **_project_column(project),
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
        project_slug: The project; or an organization, for the pipelines of its projects.
        branch: Only pipelines of this branch. Default: all.
        since: Only pipelines created at this time or later. Default: all.
        limit: The maximum number of pipelines. Default: all.
        limit_hint: A message to print when the limit was reached, as there may be more.
        between_results: Each record is printed as it is yielded.
    """
    bar, update = progress("pipelines", between_results=between_results)
    done = missing = 0
    with bar:
        if project_slug.count("/") == 1 and branch is None:
            found: Stream[PipelineRecord] = circleci.org_history(project_slug, since=since)
        else:
            found = circleci.history(project_slug, branch=branch, since=since)
        async with found as records:
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


def projects(
    organization: Annotated[
        str, typer.Argument(help="The organization slug, such as gh/acme.", metavar="ORGANIZATION")
    ],
    *,
    followed: Annotated[
        bool, typer.Option("--followed", help="Also the projects that you follow, from routes outside of API v2.")
    ] = False,
    demo: Demo = False,
    as_json: AsJson = False,
    as_jsonl: AsJsonl = False,
    as_csv: AsCsv = False,
) -> None:
    """List the projects of an organization that CircleCI's lists have; none of these lists is complete.

    Example:  circleci-v2 projects gh/acme --followed
    """
    output_format = select_format(as_json=as_json, as_jsonl=as_jsonl, as_csv=as_csv)
    run(_projects(organization, followed, demo, output_format))


async def _projects(organization: str, followed: bool, demo: bool, output_format: Format) -> None:
    sources: list[ProjectSource] = ["insights", "pipelines", *(("followed", "followed-v1") if followed else ())]
    async with connect(demo=demo) as circleci:
        rows = [
            {"project": project.name, "slug": project.slug, "id": project.id, "sources": ", ".join(project.sources)}
            async for project in circleci.organization_projects(organization, sources=sources)
        ]
    columns = {"project": "project", "slug": "slug", "sources": "found in"}
    print_rows(rows, output_format, title=f"Projects of {organization}", columns=columns)


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
