"""Runs: what CircleCI's Insights say about workflows and jobs, computed from what a project ran."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from typing import Any, Final

import attrs

from circleci_v2.testing.state.projects import Project
from circleci_v2.testing.state.runs import Job, Workflow

__all__ = ["DAY", "Run", "Window", "duration_metrics", "metrics", "runs_of_jobs", "runs_of_workflows", "trend"]

DAY: Final = 86_400.0
"""Seconds."""


@attrs.frozen(kw_only=True)
class Window:
    """A stretch of time, in seconds since 1970: `start` is within it, `end` is not."""

    start: float
    end: float

    @property
    def before(self) -> Window:
        """The stretch of the same length that ends where this one starts."""
        return Window(start=self.start - (self.end - self.start), end=self.start)

    @property
    def days(self) -> float:
        """How long it is."""
        return (self.end - self.start) / DAY


@attrs.frozen(kw_only=True)
class Run:
    """One workflow or job that has ended.

    Attributes:
        status: ``success``, ``failed`` or whatever else it ended in.
        seconds: How long it took.
        credits: What it cost.
    """

    id: str
    name: str
    branch: str
    status: str
    started_at: float
    stopped_at: float
    credits: int
    is_approval: bool = False

    @property
    def seconds(self) -> int:
        """How long it took."""
        return max(0, round(self.stopped_at - self.started_at))


def runs_of_workflows(
    project: Project, window: Window, now: float, *, name: str | None = None, branch: str | None = None
) -> list[Run]:
    """The workflows that started in a window and have ended, the oldest first."""
    return [
        Run(
            id=workflow.id,
            name=workflow.name,
            branch=workflow.pipeline.branch or "",
            status=workflow.status(now),
            started_at=workflow.created_at,
            stopped_at=stopped_at,
            credits=sum(job.credits for job in workflow.jobs if job.ended(now) and job.kept is None),
            is_approval=any(job.plan.type == "approval" for job in workflow.jobs),
        )
        for workflow in _workflows(project, window, name=name, branch=branch)
        if (stopped_at := workflow.stopped_at(now)) is not None
    ]


def runs_of_jobs(
    project: Project, window: Window, now: float, *, workflow_name: str, branch: str | None = None
) -> list[Run]:
    """The jobs of a workflow that ran in a window and have ended, the oldest first."""
    jobs = (job for flow in _workflows(project, window, name=workflow_name, branch=branch) for job in flow.jobs)
    return [_run_of_job(job) for job in jobs if job.kept is None and job.started(now) and job.ended(now)]


def _run_of_job(job: Job) -> Run:
    return Run(
        id=job.id,
        name=job.name,
        branch=job.workflow.pipeline.branch or "",
        status=job.result or "",
        started_at=job.started_at or 0.0,
        stopped_at=job.stopped_at or 0.0,
        credits=job.credits,
    )


def _workflows(project: Project, window: Window, *, name: str | None, branch: str | None) -> Iterable[Workflow]:
    for pipeline in project.pipelines:
        if pipeline.created_at >= window.end:
            continue  # nothing of it can have started within the window, so it need not be planned
        for workflow in pipeline.planned_workflows:
            if (
                window.start <= workflow.created_at < window.end
                and name in {None, workflow.name}
                and branch in {None, pipeline.branch}
            ):
                yield workflow


def metrics(runs: Sequence[Run], window: Window) -> dict[str, Any]:
    """Everything that the answers choose their fields from."""
    succeeded = [run for run in runs if run.status == "success"]
    failed = [run for run in runs if run.status == "failed"]
    recoveries = _recoveries(runs)
    decided = len(succeeded) + len(failed)
    return {
        "total_runs": len(runs),
        "successful_runs": len(succeeded),
        "failed_runs": len(failed),
        "completed_runs": decided,
        "success_rate": round(len(succeeded) / decided, 4) if decided else 0.0,
        "throughput": round(len(runs) / window.days, 4),
        "mttr": round(statistics.fmean(recoveries)) if recoveries else 0,
        "total_recoveries": len(recoveries),
        "total_credits_used": sum(run.credits for run in runs),
        "median_credits_used": round(statistics.median(run.credits for run in runs)) if runs else 0,
        "total_duration_secs": sum(run.seconds for run in runs),
        "p95_duration_secs": float(_percentile([run.seconds for run in runs], 0.95)),
        "median_duration_secs": float(statistics.median(run.seconds for run in runs)) if runs else 0.0,
        "duration_metrics": duration_metrics(runs),
    }


def duration_metrics(runs: Sequence[Run]) -> dict[str, Any]:
    """How long the runs took, in whole seconds."""
    seconds = [run.seconds for run in runs] or [0]
    return {
        "min": min(seconds),
        "mean": round(statistics.fmean(seconds)),
        "median": round(statistics.median(seconds)),
        "p95": _percentile(seconds, 0.95),
        "max": max(seconds),
        "standard_deviation": round(statistics.pstdev(seconds), 2),
        "total": sum(seconds),
    }


def trend(now: float, before: float) -> float:
    """How a number has changed from one window to the next: 1 is unchanged, 1.5 is half as much again."""
    return round(now / before, 4) if before else 1.0


def _percentile(values: Sequence[int], share: float) -> int:
    return sorted(values)[math.ceil(share * len(values)) - 1] if values else 0


def _recoveries(runs: Sequence[Run]) -> list[float]:
    """Seconds from each failure that followed no other to the success that ended it."""
    recoveries: list[float] = []
    broken_since: float | None = None
    for run in runs:
        if run.status == "failed" and broken_since is None:
            broken_since = run.stopped_at
        elif run.status == "success" and broken_since is not None:
            recoveries.append(max(0.0, run.stopped_at - broken_since))
            broken_since = None
    return recoveries
