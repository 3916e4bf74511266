"""What a project ran: fetched with a progress bar, and summed up."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Any, Final, Literal

from circleci_v2.cli.output import progress
from circleci_v2.cli.running import stderr
from circleci_v2.client import CircleCI
from circleci_v2.history import PipelineRecord

__all__ = ["collect", "fetch", "sum_up"]

_FAILED: Final = {"failed", "error", "timedout", "infrastructure_fail", "terminated-unknown"}


async def fetch(
    circleci: CircleCI,
    project_slug: str,
    *,
    branch: str | None = None,
    since: datetime | None = None,
    limit: int | None = None,
    hint: str | None = None,
) -> AsyncGenerator[PipelineRecord]:
    """The newest pipelines of a project with their workflows and jobs, the newest first, each when it is complete.

    Args:
        circleci: The client.
        project_slug: The project.
        branch: Only pipelines of this branch. Default: all.
        since: Only pipelines created at this moment or later. Default: all.
        limit: At most so many pipelines. Default: all.
        hint: Told when the limit was reached, as there may be more.
    """
    bar, tell = progress("pipelines")
    done = missing = 0
    with bar:
        async with circleci.history(project_slug, branch=branch, since=since) as records:
            async for record in records:
                yield record
                done += 1
                missing += len(record.failures)
                tell(done, limit)
                if done == limit:
                    break
    if hint is not None and done == limit:
        stderr.print(hint, highlight=False, soft_wrap=True)
    if missing:
        stderr.print(f"CircleCI did not give {missing} workflows or jobs, such as those that have expired.")


async def collect(records: AsyncGenerator[PipelineRecord]) -> list[PipelineRecord]:
    """All of them."""
    async with aclosing(records):
        return [record async for record in records]


def sum_up(rows: Iterable[dict[str, Any]], of: Literal["workflow", "job"]) -> list[dict[str, Any]]:
    """Per workflow or job: runs, how many of those that were decided succeeded, and how long runs took.

    Args:
        rows: Flat records, as `PipelineRecord.to_records` gives them.
        of: By whose name they are put together; the most frequent come first.
    """
    groups: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row[f"{of}_name"]].append(row)
    summary = [
        {
            of: name,
            **_counts([row[f"{of}_status"] for row in group]),
            **_durations([row[f"{of}_seconds"] for row in group if row[f"{of}_seconds"] is not None]),
        }
        for name, group in groups.items()
    ]
    return sorted(summary, key=lambda row: row["runs"], reverse=True)


def _counts(statuses: Sequence[str]) -> dict[str, Any]:
    succeeded, failed = statuses.count("success"), sum(status in _FAILED for status in statuses)
    return {
        "runs": len(statuses),
        "succeeded": succeeded,
        "failed": failed,
        "other": len(statuses) - succeeded - failed,
        "success_rate": round(100 * succeeded / (succeeded + failed), 1) if succeeded + failed else None,
    }


def _durations(seconds: Sequence[float]) -> dict[str, Any]:
    if not seconds:
        return {"median_seconds": None, "p95_seconds": None}
    p95 = sorted(seconds)[math.ceil(0.95 * len(seconds)) - 1]
    return {"median_seconds": round(statistics.median(seconds), 1), "p95_seconds": round(p95, 1)}
