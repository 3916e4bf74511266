"""Commands that write files: artifacts, usage, mirror."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, cast
from uuid import UUID

import typer

from circleci_v2 import fleet
from circleci_v2.cli.options import (
    AsCsv,
    AsJson,
    AsJsonl,
    AsObject,
    Demo,
    Project,
    connect,
    parse_time,
    select_format,
    usage_timing,
)
from circleci_v2.cli.output import Format, activity, print_error, print_json, print_message, print_rows, progress
from circleci_v2.cli.process import ExitCode
from circleci_v2.cli.runner import describe_error, run
from circleci_v2.client import CircleCI
from circleci_v2.slugs import OrgSlug

__all__ = ["artifacts", "mirror", "usage"]


def artifacts(
    project: Project,
    job: Annotated[int, typer.Argument(help="The job number, as circleci-v2 jobs prints it.", metavar="JOB")],
    *,
    output: Annotated[Path | None, typer.Option(help="Download to this directory. Default: only list them.")] = None,
    match: Annotated[
        list[str] | None, typer.Option(help="Only paths that match this pattern, such as '*.xml'; repeatable.")
    ] = None,
    demo: Demo = False,
    as_json: AsJson = False,
    as_jsonl: AsJsonl = False,
    as_csv: AsCsv = False,
) -> None:
    """List the artifacts of a job, or download them.

    Example:  circleci-v2 artifacts gh/acme/web 1234 --output reports --match '*.xml'
    """
    output_format = select_format(as_json=as_json, as_jsonl=as_jsonl, as_csv=as_csv)
    if output is None:
        run(_list(project, job, demo, output_format))
    else:
        run(_download(project, job, output, match, output_format, demo=demo))


async def _list(project: str, job: int, demo: bool, output_format: Format) -> None:
    async with connect(demo=demo) as circleci:
        with activity("Reading artifacts"):
            found = await circleci.jobs.list_artifacts(project, job).collect()
    rows = [{"path": artifact.path, "node_index": artifact.node_index, "url": artifact.url} for artifact in found]
    print_rows(rows, output_format, title=f"Artifacts of job {job}", columns={"path": "path", "node_index": "node"})


async def _download(
    project: str, job: int, output: Path, match: list[str] | None, output_format: Format, *, demo: bool
) -> None:
    async with connect(demo=demo) as circleci:
        with progress("artifacts") as update:
            result = await circleci.download_artifacts(
                project,
                job,
                output,
                match=match,
                on_progress=lambda progress: update(progress.files_done, progress.files),
            )
    if output_format != "table":
        print_rows([{"file": str(file)} for file in result.files], output_format, title="")
    files = f"{len(result.files)} files with {result.size:,} bytes"
    print_message(f"Downloaded {files} to {output}.")


def usage(
    organization: Annotated[
        str, typer.Argument(help="The organization slug, such as gh/acme, or its UUID.", metavar="ORGANIZATION")
    ],
    *,
    output: Annotated[Path, typer.Option(help="The CSV file to write.")] = Path("usage.csv"),
    start: Annotated[
        datetime | None,
        typer.Option(parser=parse_time, metavar="TIME", help="The start of the period. Default: 30 days before --end."),
    ] = None,
    end: Annotated[
        datetime | None, typer.Option(parser=parse_time, metavar="TIME", help="The end of the period. Default: now.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file if it exists.")] = False,
    as_json: AsObject = False,
    demo: Demo = False,
) -> None:
    """Export the usage data of an organization as CSV; CircleCI needs minutes to hours to prepare it.

    Example:  circleci-v2 usage gh/acme --start 2026-01-01 --end 2026-02-01 --output january.csv
    """
    if output.exists() and not overwrite:
        # Check before the export is requested: it may take hours, and CircleCI allows ten per hour.
        msg = f"{output} exists: choose another --output, or replace it with --overwrite."
        raise typer.BadParameter(msg)
    until = end or datetime.now(UTC)
    period = (start or _thirty_days_before(until), until)
    run(_export(organization, period, output, overwrite=overwrite, as_json=as_json, demo=demo))


def _thirty_days_before(end: datetime) -> datetime:
    try:
        return end - timedelta(days=30)
    except OverflowError as error:
        msg = f"There are no 30 days before --end {end}: choose a later --end, or set --start."
        raise typer.BadParameter(msg) from error


async def _export(
    organization: str, period: tuple[datetime, datetime], output: Path, *, overwrite: bool, as_json: bool, demo: bool
) -> None:
    async with connect(demo=demo) as circleci:
        with activity("CircleCI is preparing the export"):
            result = await circleci.export_usage(
                await _organization_id(circleci, organization),
                *period,
                output,
                overwrite="replace" if overwrite else "error",
                timing=usage_timing(demo=demo),
            )
    if as_json:
        counts = {"file": str(result.file), "rows": result.rows, "bytes": result.size}
        print_json({**counts, "columns": result.columns, "job_ids": result.job_ids}, indent=2)
    print_message(f"Wrote {result.rows:,} rows to {result.file}.")


def mirror(
    organization: Annotated[
        str, typer.Argument(help="The organization slug, such as gh/acme.", metavar="ORGANIZATION")
    ],
    *,
    to: Annotated[str, typer.Option(help="The directory of the dataset, or a URL such as s3://bucket/ci.")],
    since: Annotated[
        datetime,
        typer.Option(parser=parse_time, metavar="TIME", help="Only pipelines created since then: 90d, 2026-01-31, …"),
    ],
    project: Annotated[
        list[str] | None, typer.Option(help="Only this project of the organization; repeatable.")
    ] = None,
    include: Annotated[
        list[str] | None, typer.Option(help="jobs (the default), tests or artifacts; repeatable.")
    ] = None,
    demo: Demo = False,
    as_json: AsJson = False,
    as_jsonl: AsJsonl = False,
    as_csv: AsCsv = False,
) -> None:
    """Keep the history of an organization as Parquet files; run it again to fetch what is new.

    Example:  circleci-v2 mirror gh/acme --to data --since 90d
    """
    output_format = select_format(as_json=as_json, as_jsonl=as_jsonl, as_csv=as_csv)
    kinds = cast("list[fleet.DatasetKind]", include or ["jobs"])
    run(_mirror(organization, to, output_format, since=since, projects=project, include=kinds, demo=demo))


async def _mirror(
    organization: str,
    to: str,
    output_format: Format,
    *,
    since: datetime,
    projects: list[str] | None,
    include: list[fleet.DatasetKind],
    demo: bool,
) -> ExitCode:
    async with connect(demo=demo) as circleci:
        with progress("projects") as update:
            report = await fleet.mirror(
                circleci,
                to,
                organization=None if projects else OrgSlug(organization),
                projects=projects,
                since=since,
                include=include,
                on_progress=update,
            )
    rows = [
        {
            "project": one.project_slug,
            "new": one.added,
            "refreshed": one.refreshed,
            "in_progress": one.unfinished,
            "missing_parts": len(one.failures),
            "error": None if one.error is None else describe_error(one.error),
        }
        for one in report.projects
    ]
    spare = ["missing_parts", "error"]
    print_rows(rows, output_format, title=f"Pipelines of {organization} in {to}", spare=spare)
    for one in report.projects:
        if one.error is not None:
            print_error(f"{one.project_slug}: {describe_error(one.error)}")
    if report.unresolved:
        print_message(
            f"Not mirrored, as CircleCI lists them without their slugs: {', '.join(report.unresolved)}. Follow them at "
            "CircleCI, or name them with --project."
        )
    return ExitCode.ERROR if report.errors else ExitCode.SUCCESS


async def _organization_id(circleci: CircleCI, organization: str) -> str:
    try:
        return str(UUID(organization))
    except ValueError:
        return (await circleci.organizations.get(organization)).id
