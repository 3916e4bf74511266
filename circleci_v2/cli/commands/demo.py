"""``circleci-v2 demo``: what this library is for, in a few seconds."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import anyio.to_thread
import typer

from circleci_v2.cli.connection import DEMO_PROJECT
from circleci_v2.cli.history import (
    PipelineRun,
    fetch,
    job_rows,
    slowest_jobs,
    workflow_rows,
    workflow_summary,
)
from circleci_v2.cli.output import progress, stdout, table_of
from circleci_v2.cli.running import run
from circleci_v2.client import CircleCI
from circleci_v2.testing import FakeCircleCI

__all__ = ["demo"]


def demo(
    project: Annotated[
        str | None,
        typer.Argument(help="A project at the real CircleCI, such as gh/acme/web. Default: one at an embedded fake."),
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
    bar, tell = progress("pipelines")
    with bar:
        runs = await fetch(circleci, project, limit=pipelines, on_progress=tell)
    seconds = time.perf_counter() - started_at
    workflows, jobs = workflow_rows(runs), job_rows(runs)
    stdout.print(table_of(workflow_summary(workflows), title=f"Workflows of {project}"))
    stdout.print()
    stdout.print(table_of(slowest_jobs(jobs), title="Slowest jobs"))
    count = sum(len(run.workflows) for run in runs)
    stdout.print(f"\n{len(runs):,} pipelines, {count:,} workflows and {len(jobs):,} jobs in {seconds:.1f} seconds.")
    await anyio.to_thread.run_sync(_write, runs, output)
    stdout.print(f"Every record is in {output}, one pipeline a line.\n")


def _write(runs: Sequence[PipelineRun], output: Path) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("w", encoding="utf-8") as lines:
        lines.writelines(json.dumps(run.to_dict()) + "\n" for run in runs)
