"""Commands that write files: artifacts, usage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from circleci_v2.cli.connection import Demo, connect, usage_timing
from circleci_v2.cli.options import Project, moment
from circleci_v2.cli.output import AsCsv, AsJson, AsJsonl, Format, chosen_format, progress, show
from circleci_v2.cli.running import run, stderr
from circleci_v2.client import CircleCI

__all__ = ["artifacts", "usage"]


def artifacts(
    project: Project,
    job: Annotated[int, typer.Argument(help="The number of the job; see circleci-v2 jobs.", metavar="JOB")],
    *,
    output: Annotated[Path | None, typer.Option(help="Download to this folder. Default: only list them.")] = None,
    match: Annotated[list[str] | None, typer.Option(help="Only paths like this, such as '*.xml'; may repeat.")] = None,
    demo: Demo = False,
    as_json: AsJson = False,
    as_jsonl: AsJsonl = False,
    as_csv: AsCsv = False,
) -> None:
    """List the artifacts of a job, or download them.

    Example:  circleci-v2 artifacts gh/acme/web 1234 --output reports --match '*.xml'
    """
    form = chosen_format(as_json=as_json, as_jsonl=as_jsonl, as_csv=as_csv)
    run(_list(project, job, demo, form) if output is None else _download(project, job, output, match, demo))


async def _list(project: str, job: int, demo: bool, form: Format) -> None:
    async with connect(demo=demo) as circleci:
        found = await circleci.jobs.list_artifacts(project, job).collect()
    rows = [{"path": artifact.path, "node_index": artifact.node_index, "url": artifact.url} for artifact in found]
    show(rows, form, title=f"Artifacts of job {job}", columns={"path": "path", "node_index": "node"})


async def _download(project: str, job: int, output: Path, match: list[str] | None, demo: bool) -> None:
    bar, tell = progress("artifacts")
    async with connect(demo=demo) as circleci:
        with bar:
            result = await circleci.download_artifacts(
                project,
                job,
                output,
                match=match,
                on_progress=lambda told: tell(told.files_done, told.files),
            )
    files = f"{len(result.files)} files with {result.size:,} bytes"
    stderr.print(f"{files} are in {output}.", markup=False, soft_wrap=True)


def usage(
    organization: Annotated[
        str, typer.Argument(help="The slug, such as gh/acme, or the UUID.", metavar="ORGANIZATION")
    ],
    *,
    output: Annotated[Path, typer.Option(help="The CSV file to write.")] = Path("usage.csv"),
    start: Annotated[
        datetime | None, typer.Option(parser=moment, metavar="MOMENT", help="From then on. Default: 30 days ago.")
    ] = None,
    end: Annotated[datetime | None, typer.Option(parser=moment, metavar="MOMENT", help="Default: now.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file when it exists.")] = False,
    demo: Demo = False,
) -> None:
    """Export the usage data of an organization as CSV; CircleCI takes minutes to hours for it.

    Example:  circleci-v2 usage gh/acme --start 2026-01-01 --end 2026-02-01 --output january.csv
    """
    if output.exists() and not overwrite:
        # Before anything is asked for: an export may take hours, and CircleCI allows few of them.
        msg = f"{output} exists: choose another --output, or replace it with --overwrite."
        raise typer.BadParameter(msg)
    last = end or datetime.now(UTC)
    run(_export(organization, start or _thirty_days_before(last), last, output, overwrite=overwrite, demo=demo))


def _thirty_days_before(end: datetime) -> datetime:
    try:
        return end - timedelta(days=30)
    except OverflowError as error:  # the calendar does not reach back that far
        msg = f"There are no 30 days before --end {end}: choose a later one, or give --start."
        raise typer.BadParameter(msg) from error


async def _export(
    organization: str, start: datetime, end: datetime, output: Path, *, overwrite: bool, demo: bool
) -> None:
    async with connect(demo=demo) as circleci:
        with stderr.status("CircleCI prepares the export"):
            result = await circleci.export_usage(
                await _id_of(circleci, organization),
                start,
                end,
                output,
                overwrite="replace" if overwrite else "error",
                timing=usage_timing(demo=demo),
            )
    stderr.print(f"{result.rows:,} rows are in {result.file}.", markup=False, soft_wrap=True)


async def _id_of(circleci: CircleCI, organization: str) -> str:
    try:
        return str(UUID(organization))
    except ValueError:
        return (await circleci.organizations.get(organization)).id
