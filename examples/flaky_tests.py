"""A nightly report of flaky tests: tests that both failed and passed on the same commit.

CIRCLE_TOKEN=… python examples/flaky_tests.py gh/acme/web --days 7
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import anyio

from circleci_v2 import CircleCI
from circleci_v2.history import PipelineRecord

PASSED = {"success", "passed"}
FAILED = {"failure", "failed", "error"}


class NamedTest(NamedTuple):
    """The names that identify a test."""

    job: str
    classname: str
    name: str


class FlakyTest(NamedTuple):
    """A test with both results on at least one commit."""

    test: NamedTest
    failures: int
    runs: int
    commits: int


class Tally:
    """Counts test results per commit. Records are not kept, so that memory does not grow with their number."""

    def __init__(self) -> None:
        self._results: dict[NamedTest, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))

    def add(self, record: PipelineRecord) -> None:
        """Count the tests of one pipeline."""
        for row in record.to_records("tests"):
            if row["test_result"] in PASSED | FAILED and row["revision"]:
                test = NamedTest(row["job_name"], row["test_classname"] or "", row["test_name"])
                self._results[test][row["revision"]].append(row["test_result"] in PASSED)

    def flaky(self) -> list[FlakyTest]:
        """Return the flaky tests, ordered by failure rate."""
        found: list[FlakyTest] = []
        for test, by_revision in self._results.items():
            commits = sum(len(set(results)) == 2 for results in by_revision.values())
            if commits:
                results = [passed for outcomes in by_revision.values() for passed in outcomes]
                found.append(FlakyTest(test, results.count(False), len(results), commits))
        return sorted(found, key=lambda flaky: (-flaky.failures / flaky.runs, flaky.test))


async def flaky_tests(circleci: CircleCI, project_slug: str, *, since: datetime) -> list[FlakyTest]:
    """Find the flaky tests of the pipelines that a project has run since a time."""
    tally = Tally()
    async with circleci.history(project_slug, since=since, include=("tests",)) as records:
        async for record in records:
            tally.add(record)
            for failure in record.failures:
                print(f"incomplete: {failure.part} of {failure.of}: {failure.error}")
    return tally.flaky()


def report(flaky: Iterable[FlakyTest]) -> str:
    """Format the report, one line per test."""
    lines = [
        f"{found.failures / found.runs:6.1%} of {found.runs:5} runs failed, both results on {found.commits} commits: "
        f"{found.test.job} / {found.test.classname}.{found.test.name}"
        for found in flaky
    ]
    return "\n".join(lines) or "No flaky tests."


async def main() -> None:
    """Print the report of the project on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project_slug")
    parser.add_argument("--days", type=float, default=1.0)
    arguments = parser.parse_args()
    since = datetime.now(UTC) - timedelta(days=arguments.days)
    async with CircleCI() as circleci:
        print(report(await flaky_tests(circleci, arguments.project_slug, since=since)))


if __name__ == "__main__":
    anyio.run(main)
