"""Commands that only read: whoami, history, jobs, flaky."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import attrs

from circleci_v2.cli.connection import Demo, connect
from circleci_v2.cli.history import PipelineRun, fetch, job_rows, workflow_rows
from circleci_v2.cli.options import Branch, Limit, Project, Since
from circleci_v2.cli.output import AsCsv, AsJson, AsJsonl, Format, chosen_format, progress, show
from circleci_v2.cli.running import run

__all__ = ["flaky", "history", "jobs", "whoami"]

_PIPELINES_BY_DEFAULT = 100


def whoami(*, demo: Demo = False, as_json: AsJson = False, as_jsonl: AsJsonl = False, as_csv: AsCsv = False) -> None:
    """Show who the token belongs to, and the organizations it reaches.

    Example:  circleci-v2 whoami --demo
    """
    run(_whoami(demo, chosen_format(as_json=as_json, as_jsonl=as_jsonl, as_csv=as_csv)))


async def _whoami(demo: bool, form: Format) -> None:
    async with connect(demo=demo) as circleci:
        me = await circleci.user.me()
        organizations = await circleci.user.collaborations()
    rows = [
        {"login": me.login, "name": me.name, "organization": of.slug, "vcs_type": of.vcs_type, "organization_id": of.id}
        for of in organizations
    ]
    show(rows or [{"login": me.login, "name": me.name}], form, title="The token belongs to")


def history(
    project: Project,
    *,
    branch: Branch = None,
    since: Since = None,
    limit: Limit = _PIPELINES_BY_DEFAULT,
    demo: Demo = False,
    as_json: AsJson = False,
    as_jsonl: AsJsonl = False,
    as_csv: AsCsv = False,
) -> None:
    """List the workflows that a project has run, the newest first.

    Example:  circleci-v2 history gh/acme/web --since 7d --csv > history.csv
    """
    form = chosen_format(as_json=as_json, as_jsonl=as_jsonl, as_csv=as_csv)
    columns = ("pipeline", "created_at", "branch", "trigger", "workflow", "status", "seconds")
    run(_listed(project, branch, since, limit, demo, _Listing(f"History of {project}", workflow_rows, columns, form)))


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
    """List the jobs that a project has run, with the numbers that artifacts and tests are found by.

    Example:  circleci-v2 jobs gh/acme/web --branch main --limit 1
    """
    form = chosen_format(as_json=as_json, as_jsonl=as_jsonl, as_csv=as_csv)
    columns = ("pipeline", "branch", "workflow", "job", "number", "status", "started_at", "seconds")
    run(_listed(project, branch, since, limit, demo, _Listing(f"Jobs of {project}", job_rows, columns, form)))


@attrs.frozen
class _Listing:
    """How a history is shown."""

    title: str
    rows_of: Callable[[Iterable[PipelineRun]], list[dict[str, Any]]]
    columns: Sequence[str]
    form: Format


async def _listed(  # noqa: PLR0917 - the options of a command, in its order
    project: str, branch: str | None, since: datetime | None, limit: int | None, demo: bool, listing: _Listing
) -> None:
    bar, tell = progress("pipelines")
    async with connect(demo=demo) as circleci:
        with bar:
            runs = await fetch(circleci, project, branch=branch, since=since, limit=limit, on_progress=tell)
    show(listing.rows_of(runs), listing.form, title=listing.title, columns=listing.columns)


def flaky(
    project: Project,
    *,
    demo: Demo = False,
    as_json: AsJson = False,
    as_jsonl: AsJsonl = False,
    as_csv: AsCsv = False,
) -> None:
    """List the tests that fail at times for no reason in the code, the worst first.

    Example:  circleci-v2 flaky gh/acme/web --demo
    """
    form = chosen_format(as_json=as_json, as_jsonl=as_jsonl, as_csv=as_csv)
    run(_flaky(project, demo, form))


async def _flaky(project: str, demo: bool, form: Format) -> None:
    async with connect(demo=demo) as circleci:
        report = await circleci.insights.flaky_tests(project)
    rows = [
        {
            "test": test.test_name,
            "flaked": test.times_flaked,
            "job": test.job_name,
            "workflow": test.workflow_name,
            "file": test.file,
            "last_seen": test.workflow_created_at,
            "job_number": test.job_number,
        }
        for test in sorted(report.flaky_tests, key=lambda test: test.times_flaked, reverse=True)
    ]
    show(rows, form, title=f"Flaky tests of {project}", columns=("test", "flaked", "job", "workflow", "last_seen"))
