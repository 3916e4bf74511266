"""Commands that only read: whoami, history, jobs, flaky."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from datetime import datetime
from typing import Literal

import attrs

from circleci_v2.cli.connection import Demo, connect
from circleci_v2.cli.history import collect, fetch
from circleci_v2.cli.options import Branch, Limit, Project, Since
from circleci_v2.cli.output import AsCsv, AsJson, AsJsonl, Format, chosen_format, show
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
    columns = {
        "pipeline_number": "pipeline",
        "pipeline_created_at": "created",
        "branch": "branch",
        "trigger_type": "trigger",
        "workflow_name": "workflow",
        "workflow_status": "status",
        "workflow_seconds": "took",
    }
    listing = _Listing(
        project=project, branch=branch, since=since, limit=limit, of="workflows", columns=columns, form=form
    )
    run(_listed(listing, demo))


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
    listing = _Listing(project=project, branch=branch, since=since, limit=limit, of="jobs", columns=columns, form=form)
    run(_listed(listing, demo))


@attrs.frozen(kw_only=True)
class _Listing:
    """Which history is shown, and how."""

    project: str
    branch: str | None
    since: datetime | None
    limit: int | None
    of: Literal["workflows", "jobs"]
    columns: Mapping[str, str]
    form: Format


async def _listed(listing: _Listing, demo: bool) -> None:
    async with connect(demo=demo) as circleci:
        records = fetch(
            circleci,
            listing.project,
            branch=listing.branch,
            since=listing.since,
            limit=listing.limit,
            hint=f"These are the newest {listing.limit} pipelines; ask for more with --limit.",
        )
        if listing.form == "jsonl":
            # A history may be long: each line is printed when it is known.
            async with aclosing(records):
                async for record in records:
                    show(record.to_records(listing.of), "jsonl", title="")
            return
        rows = [row for record in await collect(records) for row in record.to_records(listing.of)]
    show(rows, listing.form, title=f"{listing.of.capitalize()} of {listing.project}", columns=listing.columns)


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
            "last_seen_at": test.workflow_created_at,
            "job_number": test.job_number,
        }
        for test in sorted(report.flaky_tests, key=lambda test: test.times_flaked, reverse=True)
    ]
    columns = {"test": "test", "flaked": "flaked", "job": "job", "workflow": "workflow", "last_seen_at": "last seen"}
    show(rows, form, title=f"Flaky tests of {project}", columns=columns)
