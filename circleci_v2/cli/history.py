"""What a project ran: fetched concurrently, flattened into rows, summed up."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import attrs

from circleci_v2.client import CircleCI
from circleci_v2.models import Pipeline, Workflow, WorkflowJob

__all__ = ["PipelineRun", "WorkflowRun", "fetch", "job_rows", "slowest_jobs", "workflow_rows", "workflow_summary"]

_PIPELINES_AT_ONCE = 40


@attrs.frozen
class WorkflowRun:
    """One workflow and its jobs."""

    workflow: Workflow
    jobs: list[WorkflowJob]


@attrs.frozen
class PipelineRun:
    """One pipeline and its workflows."""

    pipeline: Pipeline
    workflows: list[WorkflowRun]

    def to_dict(self) -> dict[str, Any]:
        """Everything CircleCI says about it, as JSON: the pipeline, its workflows in it, their jobs in them."""
        workflows = [{**run.workflow.to_dict(), "jobs": [job.to_dict() for job in run.jobs]} for run in self.workflows]
        return {**self.pipeline.to_dict(), "workflows": workflows}


async def fetch(
    circleci: CircleCI,
    project_slug: str,
    *,
    branch: str | None = None,
    since: datetime | None = None,
    limit: int | None = None,
    on_progress: Callable[[int, int | None], object] | None = None,
) -> list[PipelineRun]:
    """The newest pipelines of a project with their workflows and jobs, the newest first.

    Args:
        circleci: The client.
        project_slug: The project.
        branch: Only pipelines of this branch. Default: all.
        since: Only pipelines created at this moment or later. Default: all.
        limit: At most so many pipelines. Default: all.
        on_progress: Called with the number of pipelines that are complete, and of how many.
    """
    pipelines: list[Pipeline] = []
    async for pipeline in circleci.pipelines.list_for_project(project_slug, branch=branch):
        if len(pipelines) == limit or (since is not None and pipeline.created_at < since):
            break
        pipelines.append(pipeline)

    async def complete(pipeline: Pipeline) -> PipelineRun:
        workflows = await circleci.pipelines.list_workflows(pipeline.id).collect()
        return PipelineRun(pipeline, [WorkflowRun(workflow, await jobs_of(workflow)) for workflow in workflows])

    async def jobs_of(workflow: Workflow) -> list[WorkflowJob]:
        # Of pipelines that have expired CircleCI shows workflows without an id.
        return await circleci.workflows.list_jobs(workflow.id).collect() if workflow.id else []

    outcomes = circleci.map(complete, pipelines, concurrency=_PIPELINES_AT_ONCE, ordered=True, on_progress=on_progress)
    return [outcome.result async for outcome in outcomes]


def _seconds(started_at: datetime | None, stopped_at: datetime | None) -> float | None:
    return (stopped_at - started_at).total_seconds() if started_at and stopped_at else None


def workflow_rows(runs: Iterable[PipelineRun]) -> list[dict[str, Any]]:
    """One row per workflow; a pipeline without any has one as well."""
    rows: list[dict[str, Any]] = []
    for run in runs:
        rows.extend(_workflow_row(run.pipeline, of.workflow) for of in run.workflows)
        if not run.workflows:
            rows.append(_workflow_row(run.pipeline, None))
    return rows


def _workflow_row(pipeline: Pipeline, workflow: Workflow | None) -> dict[str, Any]:
    return {
        "pipeline": pipeline.number,
        "created_at": pipeline.created_at,
        "branch": pipeline.vcs.branch if pipeline.vcs else None,
        "trigger": pipeline.trigger.type,
        "workflow": workflow.name if workflow else None,
        "status": workflow.status if workflow else pipeline.state,
        "seconds": _seconds(workflow.created_at, workflow.stopped_at) if workflow else None,
        "pipeline_id": pipeline.id,
        "workflow_id": workflow.id if workflow else None,
    }


def job_rows(runs: Iterable[PipelineRun]) -> list[dict[str, Any]]:
    """One row per job."""
    return [
        {
            "pipeline": run.pipeline.number,
            "branch": run.pipeline.vcs.branch if run.pipeline.vcs else None,
            "workflow": of.workflow.name,
            "job": job.name,
            "number": job.job_number,
            "type": job.type,
            "status": job.status,
            "started_at": job.started_at,
            "seconds": _seconds(job.started_at, job.stopped_at),
            "job_id": job.id,
            "workflow_id": of.workflow.id,
        }
        for run in runs
        for of in run.workflows
        for job in of.jobs
    ]


def workflow_summary(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Per workflow: runs, how many of those that were decided succeeded, and how long runs took."""
    return _summed_up(rows, "workflow")


def slowest_jobs(rows: Iterable[dict[str, Any]], *, limit: int = 10) -> list[dict[str, Any]]:
    """The jobs that take longest at the median."""
    summary = _summed_up((row for row in rows if row["seconds"] is not None), "job")
    return sorted(summary, key=lambda row: row["median_seconds"] or 0.0, reverse=True)[:limit]


def _summed_up(rows: Iterable[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    groups: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if row[key] is not None:
            groups[row[key]].append(row)
    summary = [{key: name, **_numbers(group)} for name, group in groups.items()]
    return sorted(summary, key=lambda row: row["runs"], reverse=True)


def _numbers(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    statuses = [row["status"] for row in rows]
    succeeded, failed = statuses.count("success"), sum(status in _FAILED for status in statuses)
    seconds = sorted(row["seconds"] for row in rows if row["seconds"] is not None)
    return {
        "runs": len(rows),
        "succeeded": succeeded,
        "failed": failed,
        "other": len(rows) - succeeded - failed,
        "success_rate": round(100 * succeeded / (succeeded + failed), 1) if succeeded + failed else None,
        "median_seconds": round(statistics.median(seconds), 1) if seconds else None,
        "p95_seconds": round(seconds[math.ceil(0.95 * len(seconds)) - 1], 1) if seconds else None,
    }


_FAILED = {"failed", "error", "timedout", "infrastructure_fail", "terminated-unknown"}
