"""Commands that run against a fake CircleCI on this machine: demo, fake."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import anyio
import anyio.to_thread
import typer

from circleci_v2.cli.options import DEMO_PROJECT
from circleci_v2.cli.output import print_line, print_table
from circleci_v2.cli.runner import run
from circleci_v2.cli.runs import collect, fetch_history, summarize
from circleci_v2.client import CircleCI
from circleci_v2.history import PipelineRecord
from circleci_v2.testing import Clock, FakeCircleCI, FakeRateLimit, RequestChecks, Spelling

__all__ = ["demo", "fake"]

_SLOWEST_JOBS: Final = 10

_MAX_LATENCY: Final = 3600.0

_MAX_SPEED: Final = 1e6
"""At this speed a year passes in 32 seconds; a much higher one would soon exceed the range of `datetime`."""


def demo(
    project: Annotated[
        str | None,
        typer.Argument(
            help="A project at the real CircleCI, such as gh/acme/web. Default: one of an embedded fake.",
            metavar="PROJECT",
        ),
    ] = None,
    *,
    pipelines: Annotated[int, typer.Option(min=1, help="The number of pipelines to fetch, newest first.")] = 400,
    output: Annotated[Path, typer.Option(help="The JSON Lines file to write.")] = Path("build/history.jsonl"),
) -> None:
    """Fetch a project's CI history concurrently, summarize it, and write every record as JSON Lines.

    Without a project it runs against a fake CircleCI on a free port of this machine: no token, no network.
    """
    run(_demo(project, pipelines, output))


async def _demo(project: str | None, pipelines: int, output: Path) -> None:
    if project is not None:
        async with CircleCI() as circleci:
            await _report(circleci, project, pipelines, output)
        return
    served = FakeCircleCI.seeded(DEMO_PROJECT, pipelines=pipelines, spelling="document")
    async with served.serve() as url, CircleCI(served.token, base_url=url) as circleci:
        print_line(f"A fake CircleCI listens at {url}; its project {DEMO_PROJECT} has run {pipelines} pipelines.")
        print_line("")
        await _report(circleci, DEMO_PROJECT, pipelines, output)
    print_line("To run this with the real CircleCI:")
    print_line("  CIRCLE_TOKEN=<your token> circleci-v2 demo gh/<organization>/<project>", style="bold")
    print_line("")


async def _report(circleci: CircleCI, project: str, pipelines: int, output: Path) -> None:
    started_at = time.perf_counter()
    records = await collect(fetch_history(circleci, project, limit=pipelines))
    seconds = time.perf_counter() - started_at
    workflows = [row for record in records for row in record.to_records("workflows")]
    jobs = [row for record in records for row in record.to_records("jobs")]
    print_table(summarize(workflows, "workflow"), title=f"Workflows of {project}", spare=["other", "succeeded"])
    print_line("")
    print_table(_slowest(jobs), title="Slowest jobs", spare=["other", "succeeded"])
    print_line("")
    counts = f"{len(records):,} pipelines, {len(workflows):,} workflows and {len(jobs):,} jobs"
    print_line(f"{counts} in {seconds:.1f} seconds.")
    await anyio.to_thread.run_sync(_write, records, output)
    print_line(f"Wrote one pipeline per line to {output}.")
    print_line("")


def _slowest(jobs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    ended = (row for row in jobs if row["job_seconds"] is not None)
    return sorted(summarize(ended, "job"), key=lambda row: row["median_seconds"], reverse=True)[:_SLOWEST_JOBS]


def _write(records: Sequence[PipelineRecord], output: Path) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("w", encoding="utf-8") as lines:
        lines.writelines(json.dumps(record.to_dict()) + "\n" for record in records)


def fake(
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 selects a free one.")] = 0,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    project: Annotated[
        list[str] | None, typer.Option(help=f"A project to serve; repeatable. Default: {DEMO_PROJECT}.")
    ] = None,
    pipelines: Annotated[int, typer.Option(min=0, help="The number of past pipelines of each project.")] = 400,
    seed: Annotated[int, typer.Option(help="The seed of the random history.")] = 0,
    speed: Annotated[
        float, typer.Option(min=0, max=_MAX_SPEED, help="Fake seconds per real second; 0 stops the clock.")
    ] = 1.0,
    realistic: Annotated[
        bool, typer.Option("--realistic", help="Deviate from the published API as the real one does.")
    ] = False,
    check: Annotated[
        RequestChecks,
        typer.Option(help="Reject what CircleCI rejects (lenient), all that its document does not allow, or nothing."),
    ] = "lenient",
    spelling: Annotated[
        Spelling, typer.Option(help="Spell the keys of responses as recorded live responses, or as the document.")
    ] = "live",
    latency: Annotated[
        float, typer.Option(min=0, max=_MAX_LATENCY, help="Seconds by which responses are delayed.")
    ] = 0,
    failures: Annotated[float, typer.Option(min=0, max=1, help="The share of requests that fail with status 503.")] = 0,
    rate_limit: Annotated[
        int | None, typer.Option(min=1, help="Requests per second above which the status is 429. Default: no limit.")
    ] = None,
) -> None:
    """Serve a fake CircleCI until Ctrl-C; its token is fake-token.

    It prints the settings for circleci-v2, and those for clients that append /api/v2 to the base URL.

    Example:  circleci-v2 fake --port 8080 --project gh/acme/web --speed 60

    Example:  circleci-v2 fake --realistic --latency 0.2 --failures 0.05 --rate-limit 50

    Example:  circleci-v2 fake --check strict --spelling document
    """
    clock = Clock(datetime.now(UTC), speed=speed)
    served = FakeCircleCI(seed=seed, clock=clock, realistic=realistic, check_requests=check, spelling=spelling)
    for slug in project or [DEMO_PROJECT]:
        try:
            served.add_seeded_project(slug, pipelines=pipelines)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
    served.faults.delay_all(latency)
    served.faults.fail_share(failures)
    served.faults.limit_rate(None if rate_limit is None else FakeRateLimit(rate_limit))
    run(_serve(served, host, port))


async def _serve(served: FakeCircleCI, host: str, port: int) -> None:
    try:
        async with served.serve(host=host, port=port) as url:
            # Each line is shell syntax, so that a script can evaluate one of them.
            print_line(f"CIRCLECI_BASE_URL={url} CIRCLE_TOKEN={served.token}")
            print_line("# for clients that append /api/v2, such as CircleCI's MCP server:")
            print_line(f"CIRCLECI_BASE_URL={url.removesuffix('/api/v2')} CIRCLECI_TOKEN={served.token}")
            await anyio.sleep_forever()
    except OSError as error:
        msg = f"cannot listen on {host}:{port}: {error.strerror}; choose another --port, or 0 for a free one."
        raise typer.BadParameter(msg) from error
