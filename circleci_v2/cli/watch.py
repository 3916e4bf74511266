"""Shows the progress of a wait on stderr: a line for each change, or, with ``--watch``, a live table of the jobs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.live import Live
from rich.table import Table
from rich.text import Text

from circleci_v2._wire.types import maybe_datetime
from circleci_v2.cli.output import activity, build_table, print_message, stderr
from circleci_v2.cli.process import escape_line
from circleci_v2.cli.runner import describe_error
from circleci_v2.client import CircleCI
from circleci_v2.errors import CircleCIError
from circleci_v2.waiting import Polling, StateChange
from circleci_v2.waiting.states import has_ended

if TYPE_CHECKING:
    from uuid import UUID

    from circleci_v2.models import Workflow, WorkflowJob

__all__ = ["Watch", "show_changes"]

_SECONDS_BETWEEN_READS: Final = 5.0
"""The pause between two lists of the jobs, which cost a call for each workflow that runs."""

Watch = Annotated[
    bool,
    typer.Option(
        "--watch", help="Show a live table of the jobs, on a terminal; it takes a call per workflow every 5 seconds."
    ),
]


@asynccontextmanager
async def show_changes(
    circleci: CircleCI, polling: Polling, *, watch: bool
) -> AsyncGenerator[Callable[[StateChange], None]]:
    """Show what a wait sees, on stderr; yield the function to pass to it as `on_change`.

    Args:
        circleci: The client; reads the jobs of the table.
        polling: The clock and sleep of the wait.
        watch: Show a live table of the jobs if stderr is a terminal; else, and by default, a line for each change.
    """
    if not (watch and stderr.is_terminal):
        with activity("Waiting for the pipeline"):
            yield _print_change
        return
    table = _JobTable(circleci, polling)
    with Live(get_renderable=table.render, console=stderr, transient=True, auto_refresh=False) as live:
        # Not a task group, which would wrap the errors of the wait.
        task = asyncio.create_task(table.keep_current(live.refresh))
        try:
            yield table.note
        finally:
            task.cancel()
            await asyncio.wait([task])


def _print_change(change: StateChange) -> None:
    subject = f"workflow {change.workflow.name}" if change.workflow else "pipeline"
    print_message(f"{subject}: {change.before or 'new'} → {change.after}")


class _JobTable:
    """The jobs of all workflows of a pipeline, read again while their workflow runs."""

    def __init__(self, circleci: CircleCI, polling: Polling) -> None:
        self._circleci = circleci
        self._polling = polling
        self._title = "Pipeline"
        self._workflows: dict[UUID, Workflow] = {}
        self._jobs: dict[UUID, list[WorkflowJob]] = {}
        self._final: set[UUID] = set()
        self._running_since: dict[UUID, float] = {}
        self._error: str | None = None

    def note(self, change: StateChange) -> None:
        """Take note of a change of the pipeline or of a workflow."""
        if change.pipeline is not None:
            self._title = f"Pipeline {change.pipeline.number}: {change.pipeline.state}"
        if change.workflow is not None:
            self._workflows[change.workflow.id] = change.workflow

    async def keep_current(self, refresh: Callable[[], None]) -> None:
        """Read the jobs every five seconds, until cancelled.

        Args:
            refresh: Displays the table.
        """
        while True:
            await self._read()
            refresh()
            await self._polling.sleep(_SECONDS_BETWEEN_READS if self._workflows else 1.0)

    async def _read(self) -> None:
        self._error = None
        for workflow in [*self._workflows.values()]:
            if workflow.id in self._final:
                continue
            try:
                self._jobs[workflow.id] = await self._circleci.workflows.list_jobs(workflow.id).collect()
            except CircleCIError as error:  # the wait itself decides whether to go on
                self._error = f"The jobs of {workflow.name} could not be read: {describe_error(error)}"
                continue
            if has_ended(workflow):
                self._final.add(workflow.id)

    def render(self) -> Table:
        """Return the table as it is now."""
        rows: list[dict[str, Any]] = []
        for workflow in self._workflows.values():
            name = workflow.name
            for job in self._jobs.get(workflow.id, ()):
                rows.append({"workflow": name, "job": job.name, "status": job.status, "took_seconds": self._took(job)})
                name = ""
            if workflow.id not in self._jobs:
                rows.append({"workflow": name, "job": None, "status": workflow.status, "took_seconds": None})
        table = build_table(rows, title=self._title, width=stderr.width)
        table.caption = None if self._error is None else Text(escape_line(self._error))
        return table

    def _took(self, job: WorkflowJob) -> float | None:
        started_at, stopped_at = maybe_datetime(job.started_at), maybe_datetime(job.stopped_at)
        if started_at is None:
            return None
        if stopped_at is not None:
            return (stopped_at - started_at).total_seconds()
        if job.status != "running":
            return None
        now = self._polling.clock()
        if job.id not in self._running_since:
            before = (datetime.now(UTC) - started_at).total_seconds()
            self._running_since[job.id] = now - max(before, 0.0)  # the two clocks may differ
        return now - self._running_since[job.id]
