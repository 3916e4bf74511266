"""Tests as they were seen over many runs: the slowest, those that fail most, the flaky ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

import attrs

from circleci_v2.testing.clock import rfc3339
from circleci_v2.testing.state.plans import TestResult
from circleci_v2.testing.state.projects import Project
from circleci_v2.testing.state.runs import Job

__all__ = ["flaky_tests", "jobs_with_tests", "metrics_of_tests"]

_SHOWN: Final = 10
_RUNS_SHOWN: Final = 20
_RESULTS: Final = ("error", "failure", "skipped", "success")


@attrs.define
class _Seen:
    """One test of one job, over many runs."""

    job_name: str
    test: TestResult
    seconds: list[float] = attrs.field(factory=list[float])
    failures: int = 0
    flaked_in: list[Job] = attrs.field(factory=list[Job])


def jobs_with_tests(project: Project, now: float, *, workflow_name: str | None, branch: str | None) -> list[Job]:
    """The jobs that have ended and reported tests, the oldest first."""
    return [
        job
        for workflow in project.planned_workflows()
        if workflow_name in {None, workflow.name} and branch in {None, workflow.pipeline.branch}
        for job in workflow.jobs
        if job.plan.tests and job.kept is None and job.started(now) and job.ended(now)
    ]


def _see(jobs: Iterable[Job]) -> list[_Seen]:
    """Collect what each test did; it is flaky where one pipeline saw it fail in one run and succeed in another."""
    seen: dict[tuple[str, str, str], _Seen] = {}
    results: defaultdict[tuple[str, str, str, str], set[str]] = defaultdict(set)
    for job in jobs:
        for test in job.tests():
            key = (job.name, test.classname, test.name)
            entry = seen.setdefault(key, _Seen(job.name, test))
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


def flaky_tests(jobs: Iterable[Job]) -> list[dict[str, Any]]:
    """The tests that failed and succeeded in one pipeline, as Insights shows them."""
    return [_render_flaky(entry) for entry in _see(jobs) if entry.flaked_in]


def _render_flaky(entry: _Seen) -> dict[str, Any]:
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


def metrics_of_tests(jobs: list[Job]) -> dict[str, Any]:
    """What Insights says about the tests of a workflow."""
    seen = _see(jobs)
    runs = [_render_run(job) for job in jobs]
    failing = sorted((entry for entry in seen if entry.failures), key=lambda entry: -entry.failures)
    slowest = sorted(seen, key=_p95, reverse=True)
    total = sum(run["test_counts"]["total"] for run in runs)
    return {
        "average_test_count": round(total / len(runs)) if runs else 0,
        "most_failed_tests": [_render(entry) for entry in failing[:_SHOWN]],
        "most_failed_tests_extra": max(0, len(failing) - _SHOWN),
        "slowest_tests": [_render(entry) for entry in slowest[:_SHOWN]],
        "slowest_tests_extra": max(0, len(slowest) - _SHOWN),
        "total_test_runs": len(runs),
        "test_runs": runs[-_RUNS_SHOWN:],
    }


def _p95(entry: _Seen) -> float:
    return sorted(entry.seconds)[int(0.95 * (len(entry.seconds) - 1))]


def _render(entry: _Seen) -> dict[str, Any]:
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


def _render_run(job: Job) -> dict[str, Any]:
    results = [test.result for test in job.tests()]
    counts = {result: results.count(result) for result in _RESULTS}
    return {
        "pipeline_number": job.workflow.pipeline.number,
        "workflow_id": job.workflow.id,
        "success_rate": round(counts["success"] / max(1, len(results)), 4),
        "test_counts": {**counts, "total": len(results)},
    }
