"""A table of an organization: the success rate and median duration of each workflow of each project.

CIRCLE_TOKEN=… python examples/success_rates.py gh/acme --days 30
"""

from __future__ import annotations

import argparse
import statistics
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import anyio

from circleci_v2 import CircleCI

SUCCEEDED = {"success"}
FAILED = {"failed", "error", "unauthorized"}


class Rate(NamedTuple):
    """The results of one workflow; canceled runs are ignored."""

    project_slug: str
    workflow: str
    runs: int
    success_rate: float
    median_seconds: float


async def success_rates(circleci: CircleCI, org_slug: str, *, since: datetime) -> list[Rate]:
    """Compute the rate of each workflow of each project, ordered by name."""
    durations: dict[tuple[str, str], list[float]] = defaultdict(list)
    succeeded: dict[tuple[str, str], int] = defaultdict(int)
    async with circleci.org_history(org_slug, since=since, include=()) as records:
        async for record in records:
            for row in record.to_records("workflows"):
                if row["workflow_status"] in SUCCEEDED | FAILED:
                    workflow = row["project_slug"], row["workflow_name"]
                    durations[workflow].append(row["workflow_seconds"] or 0.0)
                    succeeded[workflow] += row["workflow_status"] in SUCCEEDED
    return [
        Rate(*workflow, len(seconds), succeeded[workflow] / len(seconds), statistics.median(seconds))
        for workflow, seconds in sorted(durations.items())
    ]


def table(rates: Iterable[Rate]) -> str:
    """Format the rates, one line per workflow."""
    lines = [f"{'project':30} {'workflow':20} {'runs':>6} {'success':>8} {'median':>8}"]
    for rate in rates:
        median = timedelta(seconds=round(rate.median_seconds))
        lines.append(f"{rate.project_slug:30} {rate.workflow:20} {rate.runs:6} {rate.success_rate:8.1%} {median!s:>8}")
    return "\n".join(lines)


async def main() -> None:
    """Print the table of the organization on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("org_slug")
    parser.add_argument("--days", type=float, default=30.0)
    arguments = parser.parse_args()
    since = datetime.now(UTC) - timedelta(days=arguments.days)
    async with CircleCI() as circleci:
        print(table(await success_rates(circleci, arguments.org_slug, since=since)))


if __name__ == "__main__":
    anyio.run(main)
