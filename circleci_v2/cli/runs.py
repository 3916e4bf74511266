"""The runs that several commands read: histories under a progress bar, their summary, and a comparison of two branches."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import attrs
import typer

from circleci_v2.cli.options import connect
from circleci_v2.cli.output import Format, format_seconds, print_message, print_rows, print_table, progress
from circleci_v2.cli.process import CommandError, ExitCode
from circleci_v2.client import CircleCI
from circleci_v2.errors import NotFoundError
from circleci_v2.history import Part, PipelineRecord

__all__ = ["Compare", "Comparison", "collect", "compare_branches", "fetch_history", "summarize"]

_Row = dict[str, Any]

_FAILED_RUN: Final = {"failed", "error", "timedout", "infrastructure_fail", "terminated-unknown"}
_PASSED_TEST: Final = {"success", "passed"}
_FAILED_TEST: Final = {"failure", "failed", "error"}

_RUN_VALUES: Final = ("runs", "success_rate", "median_seconds", "p95_seconds")
_TEST_KEY: Final = ("test", "job", "classname", "file")
_TEST_VALUES: Final = ("runs", "failed", "flaked")
_COUNTS: Final = {"runs", "failed", "flaked"}


@attrs.frozen
class Comparison:
    """The two branches of ``--compare``.

    Attributes:
        base: The branch to compare with.
        head: The branch whose differences are shown.
    """

    base: str
    head: str

    @classmethod
    def parse(cls, text: str) -> Comparison:
        """Parse ``main..feature``, as git writes the difference of two branches.

        Raises:
            typer.BadParameter: The text is not of this form.
        """
        base, _, head = text.partition("..")
        # No name of a branch contains two dots or starts with one (git-check-ref-format).
        if not base or not head or ".." in head or head.startswith(".") or base == head:
            msg = f"{text!r} does not name two branches: write them as in main..feature."
            raise typer.BadParameter(msg)
        return cls(base, head)

    def __str__(self) -> str:
        return f"{self.base} → {self.head}"


Compare = Annotated[
    Comparison | None,
    typer.Option(
        parser=Comparison.parse,
        metavar="BASE..HEAD",
        help="Compare two branches side by side, as in main..feature: their newest pipelines, up to --limit each.",
    ),
]


async def fetch_history(
    circleci: CircleCI,
    project_slug: str,
    *,
    branch: str | None = None,
    since: datetime | None = None,
    limit: int | None = None,
    include: Iterable[Part] = ("jobs",),
    all_projects: bool = False,
    limit_hint: str | None = None,
    between_results: bool = False,
) -> AsyncGenerator[PipelineRecord]:
    """Yield the pipelines of a project with their workflows, newest first, under a progress bar.

    Args:
        circleci: The client.
        project_slug: The project; or an organization, for the pipelines of its projects.
        branch: Only pipelines of this branch. Default: all.
        since: Only pipelines created at this time or later. Default: all.
        limit: The maximum number of pipelines. Default: all.
        include: The other parts to fetch. Default: the jobs.
        all_projects: Of an organization, the projects that any of CircleCI's lists has, one after the other. Default: those
            whose pipelines CircleCI lists.
        limit_hint: A message to print when the limit was reached, as there may be more.
        between_results: Each record is printed as it is yielded.
    """
    description = "pipelines" if branch is None else f"pipelines of {branch}"
    done = missing = 0
    with progress(description, between_results=between_results) as update:
        found: AbstractAsyncContextManager[AsyncIterator[PipelineRecord]]
        if all_projects:
            found = aclosing(_each_project(circleci, project_slug, since, include))
        elif project_slug.count("/") == 1 and branch is None:
            found = circleci.org_history(project_slug, since=since, include=include)
        else:
            found = circleci.history(project_slug, branch=branch, since=since, include=include)
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


async def _each_project(
    circleci: CircleCI, organization: str, since: datetime | None, include: Iterable[Part]
) -> AsyncGenerator[PipelineRecord]:
    # Not org_history(projects=...), which ends at a project that was deleted: Insights lists those for 90 days.
    async for project in circleci.organization_projects(organization):
        if project.slug is None:
            print_message(f"{project.name} is left out: CircleCI lists it without its slug.")
            continue
        try:
            async with circleci.history(project.slug, since=since, include=include) as records:
                async for record in records:
                    yield record
        except NotFoundError as error:
            print_message(f"{project.slug} is left out: {error}")


async def collect(records: AsyncGenerator[PipelineRecord]) -> list[PipelineRecord]:
    """Collect the records into a list."""
    async with aclosing(records):
        return [record async for record in records]


def summarize(rows: Iterable[_Row], group_by: Literal["workflow", "job"]) -> list[_Row]:
    """Count runs, compute the success rate, and the median and 95th percentile of durations; most runs first.

    Args:
        rows: Flat records, as `PipelineRecord.to_records` returns them.
        group_by: Summarize the runs of each workflow name, or of each job name.
    """
    groups: defaultdict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        groups[row[f"{group_by}_name"]].append(row)
    summary = [
        {
            group_by: name,
            **_counts([row[f"{group_by}_status"] for row in group]),
            **_durations([row[f"{group_by}_seconds"] for row in group if row[f"{group_by}_seconds"] is not None]),
        }
        for name, group in groups.items()
    ]
    return sorted(summary, key=lambda row: row["runs"], reverse=True)


def _counts(statuses: Sequence[str]) -> _Row:
    succeeded, failed = statuses.count("success"), sum(status in _FAILED_RUN for status in statuses)
    return {
        "runs": len(statuses),
        "succeeded": succeeded,
        "failed": failed,
        "other": len(statuses) - succeeded - failed,
        "success_rate": round(100 * succeeded / (succeeded + failed), 1) if succeeded + failed else None,
    }


def _durations(seconds: Sequence[float]) -> _Row:
    if not seconds:
        return {"median_seconds": None, "p95_seconds": None}
    p95 = sorted(seconds)[math.ceil(0.95 * len(seconds)) - 1]
    return {"median_seconds": round(statistics.median(seconds), 1), "p95_seconds": round(p95, 1)}


async def compare_branches(
    project: str,
    comparison: Comparison,
    level: Literal["workflows", "jobs", "tests"],
    output_format: Format,
    *,
    since: datetime | None,
    limit: int | None,
    demo: bool,
) -> None:
    """Fetch the pipelines of two branches and print their differences.

    Args:
        project: The project slug.
        comparison: The branches.
        level: Compare workflows or jobs by name, or the tests that flaked.
        output_format: The format to print in.
        since: Only pipelines created at this time or later. Default: all.
        limit: The maximum number of pipelines of each branch. Default: all.
        demo: Whether to connect to a fake CircleCI.

    Raises:
        CommandError: One of the branches has no pipelines.
    """
    include: dict[str, tuple[Part, ...]] = {"workflows": (), "jobs": ("jobs",), "tests": ("tests",)}
    counts: list[str] = []

    async def fetch(branch: str) -> list[_Row]:
        found = fetch_history(circleci, project, branch=branch, since=since, limit=limit, include=include[level])
        records = await collect(found)
        if not records:
            period = "" if since is None else f" since {since:%Y-%m-%d %H:%M}"
            msg = f"{project} has no pipelines of branch {branch!r}{period}."
            raise CommandError(msg, ExitCode.NOT_FOUND)
        counts.append(f"{len(records):,} of {branch}")
        return [row for record in records for row in record.to_records(level)]

    async with connect(demo=demo) as circleci:
        base, head = await fetch(comparison.base), await fetch(comparison.head)
    if level == "tests":
        rows = _compare_tests(base, head)
    else:
        rows = _compare_runs(base, head, "job" if level == "jobs" else "workflow")
    subject = "Flaky tests" if level == "tests" else level.capitalize()
    _print_comparison(rows, output_format, title=f"{subject} of {project}: {comparison}")
    print_message(f"Compared pipelines: {', '.join(counts)}.")


def _compare_runs(base: Iterable[_Row], head: Iterable[_Row], group_by: Literal["workflow", "job"]) -> list[_Row]:
    """Compare the runs of two branches by name; the longest increase of the median duration first.

    Args:
        base: The flat records of one branch.
        head: Those of the other.
        group_by: Compare the runs of each workflow name, or of each job name.
    """
    rows = _joined(summarize(base, group_by), summarize(head, group_by), (group_by,), _RUN_VALUES)
    return sorted(rows, key=lambda row: (row["median_seconds_change"] is None, -(row["median_seconds_change"] or 0)))


def _compare_tests(base: Iterable[_Row], head: Iterable[_Row]) -> list[_Row]:
    """Compare the flaky tests of two branches; the largest increase first.

    A test flaked on each commit on which it both passed and failed. Tests that flaked on neither branch are left out.

    Args:
        base: The flat records of the tests of one branch.
        head: Those of the other.
    """
    rows = _joined(_summarize_tests(base), _summarize_tests(head), _TEST_KEY, _TEST_VALUES)
    flaky = [row for row in rows if row["base_flaked"] or row["head_flaked"]]
    return sorted(flaky, key=lambda row: (row["flaked_change"], row["head_flaked"], row["head_failed"]), reverse=True)


def _summarize_tests(rows: Iterable[_Row]) -> list[_Row]:
    results: defaultdict[tuple[Any, ...], defaultdict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row["test_result"] in _PASSED_TEST | _FAILED_TEST:
            key = (row["test_name"], row["job_name"], row["test_classname"], row["test_file"])
            # Runs without a commit are those of schedules without a repository; each pipeline stands for itself.
            commit = row["revision"] or row["pipeline_id"]
            results[key][commit].append(row["test_result"] in _PASSED_TEST)
    return [
        {
            **dict(zip(_TEST_KEY, key, strict=True)),
            "runs": sum(map(len, commits.values())),
            "failed": sum(outcomes.count(False) for outcomes in commits.values()),
            "flaked": sum(len(set(outcomes)) == 2 for outcomes in commits.values()),
        }
        for key, commits in results.items()
    ]


def _joined(base: Iterable[_Row], head: Iterable[_Row], key: Sequence[str], values: Sequence[str]) -> list[_Row]:
    """Join two summaries: per value a column of each branch, and the difference."""
    sides = [{tuple(row[name] for name in key): row for row in rows} for rows in (base, head)]
    joined: list[_Row] = []
    for identity in dict.fromkeys([*sides[0], *sides[1]]):
        row = dict(zip(key, identity, strict=True))
        for name in values:
            missing = 0 if name in _COUNTS else None
            before, after = (side.get(identity, {}).get(name, missing) for side in sides)
            change = None if before is None or after is None else round(after - before, 1)
            row |= {f"base_{name}": before, f"head_{name}": after, f"{name}_change": change}
        joined.append(row)
    return joined


def _print_comparison(rows: Sequence[_Row], output_format: Format, *, title: str) -> None:
    """Print the rows of `_compare_runs` or `_compare_tests` to stdout.

    Args:
        rows: The rows.
        output_format: The format to print them in. A table has both values in one column, and the difference in the next.
        title: The heading of a table.
    """
    if output_format != "table" or not rows:
        print_rows(rows, output_format, title=title)
        return
    of_tests = "test" in rows[0]
    columns: dict[str, str] = {"test": "test", "job": "job"} if of_tests else {next(iter(rows[0])): next(iter(rows[0]))}
    names = _TEST_VALUES if of_tests else _RUN_VALUES
    columns |= {name: heading for value in names for name, heading in _headings(value).items()}
    printed = [_printed(row, names) for row in rows]
    spare = ["p95_seconds_change", "p95_seconds"] if not of_tests else ["failed", "runs", "job"]
    print_table(printed, title=title, columns=columns, spare=spare, right=[*columns][1 + of_tests :])


def _headings(value: str) -> Mapping[str, str]:
    heading = {"success_rate": "success"}.get(value, value.removesuffix("_seconds"))
    if value in {"runs", "failed"}:
        return {value: heading}  # a difference of these is neither good nor bad
    return {value: heading, f"{value}_change": "± p95" if heading == "p95" else "±"}


def _printed(row: Mapping[str, Any], values: Iterable[str]) -> _Row:
    cells = {key: row[key] for key in ("workflow", "job", "test") if key in row}
    for name in values:
        show = _FORMATS.get(name, str)
        before, after, change = (row[column] for column in (f"base_{name}", f"head_{name}", f"{name}_change"))
        cells[name] = " → ".join("-" if value is None else show(value) for value in (before, after))
        cells[f"{name}_change"] = None if change is None else _difference(change, show)
    return cells


def _difference(change: float, show: Callable[[float], str]) -> str:
    size = show(abs(change)).removesuffix(" %")  # a difference of percentages is in points
    return size if size == show(0).removesuffix(" %") else f"{'-' if change < 0 else '+'}{size}"


_FORMATS: Final[Mapping[str, Callable[[float], str]]] = {
    "success_rate": lambda rate: f"{rate:.1f} %",
    "median_seconds": format_seconds,
    "p95_seconds": format_seconds,
}
