"""``circleci-v2 demo``: what this library is for, in a few seconds."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import anyio.to_thread
import typer

from circleci_v2.cli.connection import DEMO_PROJECT
from circleci_v2.cli.history import collect, fetch, sum_up
from circleci_v2.cli.output import stdout, table_of
from circleci_v2.cli.running import run
from circleci_v2.client import CircleCI
from circleci_v2.history import PipelineRecord
from circleci_v2.testing import FakeCircleCI

__all__ = ["demo"]

_SLOWEST_SHOWN: Final = 10


def demo(
    project: Annotated[
        str | None,
        typer.Argument(
            help="A project at the real CircleCI, such as gh/acme/web. Default: one at an embedded fake.",
            metavar="PROJECT",
        ),
    ] = None,
    *,
    pipelines: Annotated[int, typer.Option(min=1, help="How many pipelines, the newest.")] = 400,
    output: Annotated[Path, typer.Option(help="Where the records go, as JSON Lines.")] = Path("build/history.jsonl"),
) -> None:
    """Fetch a project's CI history concurrently, sum it up, and write every record as JSON Lines.

    Without a project it runs against a fake CircleCI on a free port of this machine: no token, no network.
    """
    run(_demo(project, pipelines, output))


async def _demo(project: str | None, pipelines: int, output: Path) -> None:
    if project is not None:
        async with CircleCI() as circleci:
            await _report(circleci, project, pipelines, output)
        return
    fake = FakeCircleCI.seeded(DEMO_PROJECT, pipelines=pipelines)
    async with fake.serve() as url, CircleCI(fake.token, base_url=url) as circleci:
        stdout.print(f"A fake CircleCI listens at {url}; its project {DEMO_PROJECT} has run {pipelines} pipelines.\n")
        await _report(circleci, DEMO_PROJECT, pipelines, output)
    stdout.print("The same at the real CircleCI:")
    stdout.print(
        "  CIRCLE_TOKEN=<your token> circleci-v2 demo gh/<organization>/<project>\n", style="bold", markup=False
    )


async def _report(circleci: CircleCI, project: str, pipelines: int, output: Path) -> None:
    started_at = time.perf_counter()
    records = await collect(fetch(circleci, project, limit=pipelines))
    seconds = time.perf_counter() - started_at
    workflows = [row for record in records for row in record.to_records("workflows")]
    jobs = [row for record in records for row in record.to_records("jobs")]
    stdout.print(table_of(sum_up(workflows, "workflow"), title=f"Workflows of {project}"))
    stdout.print()
    stdout.print(table_of(_slowest(jobs), title="Slowest jobs"))
    counts = f"{len(records):,} pipelines, {len(workflows):,} workflows and {len(jobs):,} jobs"
    stdout.print(f"\n{counts} in {seconds:.1f} seconds.")
    await anyio.to_thread.run_sync(_write, records, output)
    stdout.print(f"Every record is in {output}, one pipeline a line.\n", markup=False, soft_wrap=True)


def _slowest(jobs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    ended = (row for row in jobs if row["job_seconds"] is not None)
    return sorted(sum_up(ended, "job"), key=lambda row: row["median_seconds"], reverse=True)[:_SLOWEST_SHOWN]


def _write(records: Sequence[PipelineRecord], output: Path) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("w", encoding="utf-8") as lines:
        lines.writelines(json.dumps(record.to_dict()) + "\n" for record in records)
