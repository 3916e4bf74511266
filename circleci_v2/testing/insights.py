"""Insights: metrics of workflows, jobs and tests, computed from the pipelines of a project."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

import attrs

from circleci_v2.testing.clock import rfc3339
from circleci_v2.testing.state.plans import TestResult
from circleci_v2.testing.state.projects import FakeJob, FakeProject, FakeWorkflow

__all__ = [
    "DAY",
    "Run",
    "TimeRange",
    "duration_metrics",
    "flaky_tests",
    "jobs_with_tests",
    "metrics",
    "metrics_of_tests",
    "runs_of_jobs",
    "runs_of_workflows",
    "trend",
]

DAY: Final = 86_400.0
"""Seconds per day."""

_SHOWN: Final = 10
_RUNS_SHOWN: Final = 20
_RESULTS: Final = ("error", "failure", "skipped", "success")


@attrs.frozen(kw_only=True)
class TimeRange:
    """A time range in seconds since 1970, from `start` (inclusive) to `end` (exclusive)."""

    start: float
    end: float

    @property
    def before(self) -> TimeRange:
        """The time range of the same length that ends at `start`."""
        return TimeRange(start=self.start - (self.end - self.start), end=self.start)

    @property
    def days(self) -> float:
        """The length in days."""
        return (self.end - self.start) / DAY


@attrs.frozen(kw_only=True)
class Run:
    """A workflow or job that has ended.

    Attributes:
        status: The final status.
        credits: The credits used.
        is_approval: Whether it contains an approval job.
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
        """The duration in seconds."""
        return max(0, round(self.stopped_at - self.started_at))


def runs_of_workflows(
    project: FakeProject, window: TimeRange, now: float, *, name: str | None = None, branch: str | None = None
) -> list[Run]:
    """Return the workflows that were created within a time range and have ended, oldest first."""
    return [
        Run(
            id=workflow.id,
            name=workflow.name,
            branch=workflow.pipeline.branch or "",
            status=workflow.status(now),
            started_at=workflow.created_at,
            stopped_at=stopped_at,
            credits=sum(job.credits for job in workflow.jobs if job.ended(now) and job.reused_from is None),
            is_approval=any(job.plan.type == "approval" for job in workflow.jobs),
        )
        for workflow in _workflows(project, window, name=name, branch=branch)
        if (stopped_at := workflow.stopped_at(now)) is not None
    ]


def runs_of_jobs(
    project: FakeProject, window: TimeRange, now: float, *, workflow_name: str, branch: str | None = None
) -> list[Run]:
    """Return the jobs of the workflows of one name that were created within a time range and have ended, oldest first."""
    jobs = (job for flow in _workflows(project, window, name=workflow_name, branch=branch) for job in flow.jobs)
    return [_run_of_job(job) for job in jobs if job.reused_from is None and job.started(now) and job.ended(now)]


def _run_of_job(job: FakeJob) -> Run:
    return Run(
        id=job.id,
        name=job.name,
        branch=job.workflow.pipeline.branch or "",
        status=job.result or "",
        started_at=job.started_at or 0.0,
        stopped_at=job.stopped_at or 0.0,
        credits=job.credits,
    )


def _workflows(
    project: FakeProject, window: TimeRange, *, name: str | None, branch: str | None
) -> Iterable[FakeWorkflow]:
    for pipeline in project.pipelines:
        if pipeline.created_at >= window.end:
            continue  # its workflows started later, so they need not be planned
        for workflow in pipeline.planned_workflows:
            if (
                window.start <= workflow.created_at < window.end
                and name in {None, workflow.name}
                and branch in {None, pipeline.branch}
            ):
                yield workflow


def metrics(runs: Sequence[Run], window: TimeRange) -> dict[str, Any]:
    """Compute all metrics; each operation shows a part of them."""
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
    """Compute the statistics of durations, in seconds."""
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
    """Return the ratio of a metric to its value in the previous time range; 1.0 if that is zero."""
    return round(now / before, 4) if before else 1.0


def _percentile(values: Sequence[int], share: float) -> int:
    return sorted(values)[math.ceil(share * len(values)) - 1] if values else 0


def _recoveries(runs: Sequence[Run]) -> list[float]:
    """Return the seconds from the first of consecutive failures to the next success."""
    recoveries: list[float] = []
    broken_since: float | None = None
    for run in runs:
        if run.status == "failed" and broken_since is None:
            broken_since = run.stopped_at
        elif run.status == "success" and broken_since is not None:
            recoveries.append(max(0.0, run.stopped_at - broken_since))
            broken_since = None
    return recoveries


@attrs.define
class _TestHistory:
    """The results of one test of a job, over all runs."""

    job_name: str
    test: TestResult
    seconds: list[float] = attrs.field(factory=list[float])
    failures: int = 0
    flaked_in: list[FakeJob] = attrs.field(factory=list[FakeJob])


def jobs_with_tests(
    project: FakeProject, now: float, *, workflow_name: str | None, branch: str | None
) -> list[FakeJob]:
    """Return the jobs that have ended and reported tests, oldest first."""
    return [
        job
        for workflow in project.planned_workflows()
        if workflow_name in {None, workflow.name} and branch in {None, workflow.pipeline.branch}
        for job in workflow.jobs
        if job.plan.tests and job.reused_from is None and job.started(now) and job.ended(now)
    ]


def _collect_tests(jobs: Iterable[FakeJob]) -> list[_TestHistory]:
    """Collect the results by test; a test is flaky if it failed in a pipeline and succeeded later in the same pipeline."""
    seen: dict[tuple[str, str, str], _TestHistory] = {}
    results: defaultdict[tuple[str, str, str, str], set[str]] = defaultdict(set)
    for job in jobs:
        for test in job.tests():
            key = (job.name, test.classname, test.name)
            entry = seen.setdefault(key, _TestHistory(job.name, test))
            entry.seconds.append(test.run_time)
            of_pipeline = results[job.workflow.pipeline.id, *key]
            if test.result in {"failure", "error"}:
                entry.failures += 1
                of_pipeline.add("failure")
            elif test.result == "success":
                if "failure" in of_pipeline:
                    entry.flaked_in.append(job)
                of_pipeline.add("success")
    return list(seen.values())


def flaky_tests(jobs: Iterable[FakeJob]) -> list[dict[str, Any]]:
    """Return the flaky tests, as the API shows them."""
    return [_render_flaky(entry) for entry in _collect_tests(jobs) if entry.flaked_in]


def _render_flaky(entry: _TestHistory) -> dict[str, Any]:
    job = entry.flaked_in[-1]
    workflow = job.workflow
    return {
        "time-wasted": round(sum(entry.seconds[-1:]) * len(entry.flaked_in)),
        "workflow-created-at": rfc3339(workflow.created_at),
        "workflow-id": workflow.id,
        "classname": entry.test.classname,
        "pipeline-number": workflow.pipeline.number,
        "workflow-name": workflow.name,
        "test-name": entry.test.name,
        "job-name": entry.job_name,
        "job-number": job.number,
        "times-flaked": len(entry.flaked_in),
        "source": entry.test.source,
        "file": entry.test.file,
    }


def metrics_of_tests(jobs: list[FakeJob]) -> dict[str, Any]:
    """Return the test metrics of a workflow, as the API shows them."""
    seen = _collect_tests(jobs)
    runs = [_render_test_run(job) for job in jobs]
    failing = sorted((entry for entry in seen if entry.failures), key=lambda entry: -entry.failures)
    slowest = sorted(seen, key=_p95, reverse=True)
    total = sum(run["test_counts"]["total"] for run in runs)
    return {
        "average_test_count": round(total / len(runs)) if runs else 0,
        "most_failed_tests": [_render_test(entry) for entry in failing[:_SHOWN]],
        "most_failed_tests_extra": max(0, len(failing) - _SHOWN),
        "slowest_tests": [_render_test(entry) for entry in slowest[:_SHOWN]],
        "slowest_tests_extra": max(0, len(slowest) - _SHOWN),
        "total_test_runs": len(runs),
        "test_runs": runs[-_RUNS_SHOWN:],
    }


def _p95(entry: _TestHistory) -> float:
    return sorted(entry.seconds)[int(0.95 * (len(entry.seconds) - 1))]


def _render_test(entry: _TestHistory) -> dict[str, Any]:
    return {
        "p95_duration": _p95(entry),
        "total_runs": len(entry.seconds),
        "classname": entry.test.classname,
        "failed_runs": entry.failures,
        "flaky": bool(entry.flaked_in),
        "source": entry.test.source,
        "file": entry.test.file,
        "job_name": entry.job_name,
        "test_name": entry.test.name,
    }


def _render_test_run(job: FakeJob) -> dict[str, Any]:
    results = [test.result for test in job.tests()]
    counts = {result: results.count(result) for result in _RESULTS}
    return {
        "pipeline_number": job.workflow.pipeline.number,
        "workflow_id": job.workflow.id,
        "success_rate": round(counts["success"] / max(1, len(results)), 4),
        "test_counts": {**counts, "total": len(results)},
    }
