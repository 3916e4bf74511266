"""The nightly report of flaky tests: those that both failed and passed on the very same commit.

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
    """What tells a test from all others."""

    job: str
    classname: str
    name: str


class FlakyTest(NamedTuple):
    """A test that cannot make up its mind."""

    test: NamedTest
    failures: int
    runs: int
    revisions: int


class Tally:
    """Counts the results of tests per commit, record by record; the records themselves are not kept."""

    def __init__(self) -> None:
        self._results: dict[NamedTest, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))

    def add(self, record: PipelineRecord) -> None:
        """Count the tests of one pipeline."""
        for row in record.to_records("tests"):
            if row["test_result"] in PASSED | FAILED and row["revision"]:
                test = NamedTest(row["job_name"], row["test_classname"] or "", row["test_name"])
                self._results[test][row["revision"]].append(row["test_result"] in PASSED)

    def flaky(self) -> list[FlakyTest]:
        """The flaky tests, those that fail most often first."""
        found: list[FlakyTest] = []
        for test, by_revision in self._results.items():
            undecided = sum(len(set(results)) == 2 for results in by_revision.values())
            if undecided:
                results = [passed for some in by_revision.values() for passed in some]
                found.append(FlakyTest(test, results.count(False), len(results), undecided))
        return sorted(found, key=lambda flaky: (-flaky.failures / flaky.runs, flaky.test))


async def flaky_tests(circleci: CircleCI, project_slug: str, *, since: datetime) -> list[FlakyTest]:
    """The flaky tests of the pipelines that a project ran since a moment."""
    tally = Tally()
    async with circleci.history(project_slug, since=since, include=("tests",)) as records:
        async for record in records:
            tally.add(record)
            for failure in record.failures:
                print(f"incomplete: {failure.part} of {failure.of}: {failure.error}")
    return tally.flaky()


def report(flaky: Iterable[FlakyTest]) -> str:
    """The report as text, one line per test."""
    lines = [
        f"{one.failures / one.runs:6.1%} of {one.runs:5} runs failed, undecided on {one.revisions} commits: "
        f"{one.test.job} / {one.test.classname}.{one.test.name}"
        for one in flaky
    ]
    return "\n".join(lines) or "No flaky tests."


async def main() -> None:
    """Print it for what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project_slug")
    parser.add_argument("--days", type=float, default=1.0)
    arguments = parser.parse_args()
    since = datetime.now(UTC) - timedelta(days=arguments.days)
    async with CircleCI() as circleci:
        print(report(await flaky_tests(circleci, arguments.project_slug, since=since)))


if __name__ == "__main__":
    anyio.run(main)
