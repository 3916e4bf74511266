"""Commands that read CI data and print it: whoami, projects, history, workflows, jobs, flaky."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Annotated, Final, Literal

import attrs
import typer

from circleci_v2.cli.options import (
    AsCsv,
    AsJson,
    AsJsonl,
    Branch,
    Demo,
    Limit,
    Project,
    Since,
    connect,
    parse_time,
    select_format,
)
from circleci_v2.cli.output import Format, activity, print_rows
from circleci_v2.cli.runner import run
from circleci_v2.cli.runs import Compare, collect, compare_branches, fetch_history, summarize
from circleci_v2.history import ProjectSource

__all__ = ["flaky", "history", "jobs", "projects", "whoami", "workflows"]

_DEFAULT_PIPELINES: Final = 100
# The tests of a pipeline take a call for each of its jobs.
_DEFAULT_PIPELINES_WITH_TESTS: Final = 30

ProjectOrOrganization = Annotated[
    str,
    typer.Argument(
        help="The project slug, such as gh/acme/web; or an organization slug, such as gh/acme, for all of its projects "
        "whose pipelines CircleCI lists.",
        metavar="PROJECT",
    ),
]


AllProjects = Annotated[
    bool,
    typer.Option(
        "--all-projects",
        help="Of an organization: the projects that any list of CircleCI has, one after the other, also those that you do "
        "not follow; needs --since.",
    ),
]


def whoami(*, demo: Demo = False, as_json: AsJson = False, as_jsonl: AsJsonl = False, as_csv: AsCsv = False) -> None:
    """Show the user that owns the token, and the organizations it can access.

    Example:  circleci-v2 whoami --demo
    """
    run(_whoami(demo, select_format(as_json=as_json, as_jsonl=as_jsonl, as_csv=as_csv)))


async def _whoami(demo: bool, output_format: Format) -> None:
    async with connect(demo=demo) as circleci:
        with activity("Reading the user"):
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
    spare = ["organization_id", "vcs_type", "name"]
    print_rows(rows or [{"login": me.login, "name": me.name}], output_format, title="The token belongs to", spare=spare)


def _project_column(slug: str) -> dict[str, str]:
    return {"project_slug": "project"} if slug.count("/") == 1 else {}


def history(
    project: ProjectOrOrganization,
    *,
    branch: Branch = None,
    since: Since = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="The maximum number of pipelines. Default: 100, or all with --all-projects."),
    ] = None,
    all_projects: AllProjects = False,
    demo: Demo = False,
    as_json: AsJson = False,
    as_jsonl: AsJsonl = False,
    as_csv: AsCsv = False,
) -> None:
    """List the workflow runs of a project or of an organization, newest first.

    Example:  circleci-v2 history gh/acme/web --since 7d --csv > history.csv

    Example:  circleci-v2 history gh/acme --all-projects --since 30d --jsonl > history.jsonl
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
        limit=limit or (None if all_projects else _DEFAULT_PIPELINES),
        all_projects=_checked_all_projects(project, branch, since) if all_projects else False,
        level="workflows",
        columns=columns,
        spare=["trigger_type", "pipeline_created_at"],
        output_format=output_format,
    )
    run(_print_history(request, demo))


def jobs(
    project: ProjectOrOrganization,
    *,
    branch: Branch = None,
    since: Since = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1, help="The maximum number of pipelines. Default: 10, 100 with --compare, all with --all-projects."
        ),
    ] = None,
    all_projects: AllProjects = False,
    compare: Compare = None,
    demo: Demo = False,
    as_json: AsJson = False,
    as_jsonl: AsJsonl = False,
    as_csv: AsCsv = False,
) -> None:
    """List the job runs of a project or of an organization, with the job numbers that the artifacts command accepts.

    With --compare, summarize the jobs of two branches side by side instead; the one that became slowest comes first.

    Example:  circleci-v2 jobs gh/acme/web --branch main --limit 1

    Example:  circleci-v2 jobs gh/acme/web --compare main..feature
    """
    output_format = select_format(as_json=as_json, as_jsonl=as_jsonl, as_csv=as_csv)
    if compare is not None:
        _check_alone(branch, all_projects=all_projects)
        limit = limit or _DEFAULT_PIPELINES
        run(compare_branches(project, compare, "jobs", output_format, since=since, limit=limit, demo=demo))
        return
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
        limit=limit or (None if all_projects else 10),
        all_projects=_checked_all_projects(project, branch, since) if all_projects else False,
        level="jobs",
        columns=columns,
        spare=["job_started_at", "branch", "workflow_name"],
        output_format=output_format,
    )
    run(_print_history(request, demo))


def _checked_all_projects(slug: str, branch: str | None, since: datetime | None) -> bool:
    if slug.count("/") != 1 or branch is not None or since is None:
        msg = "--all-projects takes an organization slug such as gh/acme, needs --since, and excludes --branch."
        raise typer.BadParameter(msg)
    return True


def _check_alone(branch: str | None, *, all_projects: bool = False) -> None:
    if branch is not None or all_projects:
        other = "--branch" if branch is not None else "--all-projects"
        msg = f"{other} and --compare exclude each other: --compare is about two branches of one project."
        raise typer.BadParameter(msg)


@attrs.frozen(kw_only=True)
class _HistoryRequest:
    """The arguments of `history` or `jobs`."""

    project: str
    branch: str | None
    since: datetime | None
    limit: int | None
    all_projects: bool
    level: Literal["workflows", "jobs"]
    columns: Mapping[str, str]
    spare: Sequence[str]
    output_format: Format


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
        with activity("Reading the lists of projects"):
            rows = [
                {"project": project.name, "slug": project.slug, "id": project.id, "sources": ", ".join(project.sources)}
                async for project in circleci.organization_projects(organization, sources=sources)
            ]
    columns = {"project": "project", "slug": "slug", "sources": "found in"}
    print_rows(rows, output_format, title=f"Projects of {organization}", columns=columns, spare=["project", "sources"])


async def _print_history(request: _HistoryRequest, demo: bool) -> None:
    async with connect(demo=demo) as circleci:
        records = fetch_history(
            circleci,
            request.project,
            branch=request.branch,
            since=request.since,
            limit=request.limit,
            all_projects=request.all_projects,
            include=("jobs",) if request.level == "jobs" else (),
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
    title = f"{request.level.capitalize()} of {request.project}"
    print_rows(rows, request.output_format, title=title, columns=request.columns, spare=request.spare)


def workflows(
    project: Project,
    *,
    branch: Branch = None,
    since: Since = None,
    limit: Limit = _DEFAULT_PIPELINES,
    compare: Compare = None,
    demo: Demo = False,
    as_json: AsJson = False,
    as_jsonl: AsJsonl = False,
    as_csv: AsCsv = False,
) -> None:
    """Summarize the workflows of a project: how often each ran and succeeded, and how long it took.

    With --compare, those of two branches side by side; the workflow that became slowest comes first. The figures are
    computed from the runs: CircleCI refreshes its Insights once a day.

    Example:  circleci-v2 workflows gh/acme/web --compare main..feature
    """
    output_format = select_format(as_json=as_json, as_jsonl=as_jsonl, as_csv=as_csv)
    if compare is not None:
        _check_alone(branch)
        run(compare_branches(project, compare, "workflows", output_format, since=since, limit=limit, demo=demo))
    else:
        run(_workflows(project, branch, since, limit, output_format, demo=demo))


async def _workflows(
    project: str, branch: str | None, since: datetime | None, limit: int | None, output_format: Format, *, demo: bool
) -> None:
    async with connect(demo=demo) as circleci:
        found = fetch_history(circleci, project, branch=branch, since=since, limit=limit, include=())
        records = await collect(found)
    rows = summarize([row for record in records for row in record.to_records("workflows")], "workflow")
    title = f"Workflows of {project} in {len(records):,} pipelines"
    print_rows(rows, output_format, title=title, spare=["other", "succeeded", "failed"])


def flaky(
    project: Project,
    *,
    compare: Compare = None,
    since: Annotated[
        datetime | None,
        typer.Option(parser=parse_time, metavar="TIME", help="With --compare: only pipelines created since then."),
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, help="With --compare: the maximum number of pipelines of each branch.")
    ] = _DEFAULT_PIPELINES_WITH_TESTS,
    demo: Demo = False,
    as_json: AsJson = False,
    as_jsonl: AsJsonl = False,
    as_csv: AsCsv = False,
) -> None:
    """List the tests that CircleCI reports as flaky, most frequent first.

    CircleCI does not say on which branch a test flaked. With --compare, the test results of two branches are read: a test
    flaked on each commit on which it both passed and failed.

    Example:  circleci-v2 flaky gh/acme/web --demo

    Example:  circleci-v2 flaky gh/acme/web --compare main..feature --since 14d
    """
    output_format = select_format(as_json=as_json, as_jsonl=as_jsonl, as_csv=as_csv)
    if compare is not None:
        run(compare_branches(project, compare, "tests", output_format, since=since, limit=limit, demo=demo))
    else:
        run(_flaky(project, demo, output_format))


async def _flaky(project: str, demo: bool, output_format: Format) -> None:
    async with connect(demo=demo) as circleci:
        with activity("Reading flaky tests"):
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
    spare = ["last_seen_at", "workflow"]
    print_rows(rows, output_format, title=f"Flaky tests of {project}", columns=columns, spare=spare)
