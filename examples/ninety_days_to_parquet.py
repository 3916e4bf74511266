"""The last 90 days of an organization as Parquet, brought up to date by each run: pip install 'circleci_v2[parquet]' pandas.

CIRCLE_TOKEN=… python examples/ninety_days_to_parquet.py gh/acme datasets/ci
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pandas as pd

from circleci_v2 import CircleCI
from circleci_v2.fleet import MirrorReport, mirror


async def bring_up_to_date(circleci: CircleCI, organization: str, folder: Path, now: datetime) -> MirrorReport:
    """Fetch what is new since the last run, at first 90 days."""
    return await mirror(circleci, folder, organization=organization, since=now - timedelta(days=90))


def slowest_jobs(folder: Path) -> pd.DataFrame:
    """Return the median and the 95th percentile of the seconds of each job."""
    jobs = pd.read_parquet(folder / "jobs", columns=["project_slug", "job_name", "job_seconds"])
    seconds = jobs.groupby(["project_slug", "job_name"])["job_seconds"]
    summary = pd.DataFrame({"runs": seconds.size(), "median": seconds.median(), "p95": seconds.quantile(0.95)})
    return summary.sort_values("median", ascending=False)


async def main(organization: str, folder: Path) -> None:
    """Bring the dataset up to date, and print the slowest jobs."""
    async with CircleCI() as circleci:
        report = await bring_up_to_date(circleci, organization, folder, datetime.now(UTC))
    print(f"{report.added} pipelines added, {report.refreshed} refreshed")
    for error in report.errors:
        print(error, file=sys.stderr)
    print(slowest_jobs(folder).head(20))


if __name__ == "__main__":
    anyio.run(main, sys.argv[1], Path(sys.argv[2]))
