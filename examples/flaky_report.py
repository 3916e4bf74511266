"""A weekly report of flaky tests as Markdown: how often each flaked, where, and in how many failed runs of its job.

CIRCLE_TOKEN=… python examples/flaky_report.py gh/acme/web
"""

from __future__ import annotations

import sys

import anyio

from circleci_v2 import CircleCI
from circleci_v2.models import FlakyTest


async def failure_rate(circleci: CircleCI, project: str, flaky: FlakyTest) -> float:
    """Return the share of the runs of the job that failed, in percent."""
    async for job in circleci.insights.list_jobs(project, flaky.workflow_name, all_branches=True):
        if job.name == flaky.job_name and job.metrics.total_runs:
            return 100 * job.metrics.failed_runs / job.metrics.total_runs
    return 0.0


async def report(circleci: CircleCI, project: str) -> str:
    """Return the report; the rates are fetched several at a time, and one that is not available is left out."""
    found = (await circleci.insights.flaky_tests(project)).flaky_tests
    worst = sorted(found, key=lambda test: test.times_flaked, reverse=True)
    lines = [f"# Flaky tests of {project}", "", "| test | job | flaked | failed runs |", "|---|---|---|---|"]
    async for outcome in circleci.map(
        lambda test: failure_rate(circleci, project, test), worst, ordered=True, on_error="collect"
    ):
        test = outcome.item
        rate = "?" if outcome.error else f"{outcome.result:.1f} %"
        lines.append(f"| `{test.test_name}` | {test.job_name} | {test.times_flaked} times | {rate} |")
    return "\n".join(lines)


async def main(project: str) -> None:
    """Print the report."""
    async with CircleCI() as circleci:
        print(await report(circleci, project))


if __name__ == "__main__":
    anyio.run(main, sys.argv[1])
