"""Usage: the CSV that an export gives, computed from what the projects of an organization ran."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from circleci_v2.testing.state.organizations import Organization, UsageExport
from circleci_v2.testing.state.runs import Job, Pipeline, Workflow
from circleci_v2.testing.state.world import World

__all__ = ["PARTS", "usage_part"]

PARTS: Final = 2
"""Into how many files an export is split."""

_NULL: Final = r"\N"
_CREDITS_OF_OTHER_KINDS: Final = (
    "DLC_CREDITS",
    "USER_CREDITS",
    "STORAGE_CREDITS",
    "NETWORK_CREDITS",
    "LEASE_CREDITS",
    "LEASE_OVERAGE_CREDITS",
    "IPRANGES_CREDITS",
)


def _moment(seconds: float | None) -> str:
    if seconds is None:
        return _NULL
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def _pipeline_columns(pipeline: Pipeline) -> dict[str, Any]:
    project = pipeline.project
    return {
        "ORGANIZATION_ID": project.organization.id,
        "ORGANIZATION_NAME": project.organization.name,
        "ORGANIZATION_CREATED_DATE": "2023-04-27",
        "PROJECT_ID": project.id,
        "PROJECT_NAME": project.name,
        "PROJECT_CREATED_DATE": "2023-05-02",
        "LAST_BUILD_FINISHED_AT": _NULL,
        "VCS_NAME": project.organization.vcs_type,
        "VCS_URL": project.vcs_url,
        "VCS_BRANCH": pipeline.branch or _NULL,
        "PIPELINE_ID": pipeline.id,
        "PIPELINE_CREATED_AT": _moment(pipeline.created_at),
        "PIPELINE_NUMBER": pipeline.number,
        "IS_UNREGISTERED_USER": "false",
        "PIPELINE_TRIGGER_SOURCE": pipeline.trigger_type,
        "PIPELINE_TRIGGER_USER_ID": pipeline.actor_id,
    }


def _workflow_columns(workflow: Workflow, now: float) -> dict[str, Any]:
    queued = [job.ready_at for job in workflow.jobs if job.ready_at is not None]
    started = [job.started_at for job in workflow.jobs if job.started_at is not None]
    return {
        "WORKFLOW_ID": workflow.id,
        "WORKFLOW_NAME": workflow.name,
        "WORKFLOW_FIRST_JOB_QUEUED_AT": _moment(min(queued, default=None)),
        "WORKFLOW_FIRST_JOB_STARTED_AT": _moment(min(started, default=None)),
        "WORKFLOW_STOPPED_AT": _moment(workflow.stopped_at(now)),
        "IS_WORKFLOW_SUCCESSFUL": "true" if workflow.status(now) == "success" else "false",
    }


def _job_columns(job: Job, started_at: float, stopped_at: float) -> dict[str, Any]:
    load = _load(job.id)
    return {
        "JOB_NAME": job.name,
        "JOB_ID": job.id,
        "JOB_RUN_NUMBER": job.number,
        "JOB_RUN_DATE": _moment(started_at)[:10],
        "JOB_RUN_QUEUED_AT": _moment(job.ready_at),
        "JOB_RUN_STARTED_AT": _moment(started_at),
        "JOB_RUN_STOPPED_AT": _moment(stopped_at),
        "JOB_BUILD_STATUS": job.result,
        "RESOURCE_CLASS": job.plan.resource_class,
        "OPERATING_SYSTEM": "linux",
        "EXECUTOR": job.plan.executor,
        "PARALLELISM": job.plan.parallelism,
        "JOB_RUN_SECONDS": round(stopped_at - started_at),
        "MEDIAN_CPU_UTILIZATION_PCT": load,
        "MAX_CPU_UTILIZATION_PCT": min(100, load + 25),
        "MEDIAN_RAM_UTILIZATION_PCT": load // 2,
        "MAX_RAM_UTILIZATION_PCT": load,
        "COMPUTE_CREDITS": job.credits,
        **dict.fromkeys(_CREDITS_OF_OTHER_KINDS, 0),
        "TOTAL_CREDITS": job.credits,
    }


def _load(identifier: str) -> int:
    """A load between 5 and 94 percent, the same for the same job."""
    return 5 + int(identifier[:6], 16) % 90


def usage_part(world: World, organization: Organization, export: UsageExport, part: int) -> bytes:
    """One file of an export: gzip-compressed CSV with a header row, or nothing when nothing ran."""
    text = io.StringIO(newline="")
    rows = [row for number, row in enumerate(_rows(world, organization, export)) if number % PARTS == part]
    if rows:
        writer = csv.DictWriter(text, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return gzip.compress(text.getvalue().encode(), mtime=0)


def _rows(world: World, organization: Organization, export: UsageExport) -> Iterator[dict[str, Any]]:
    now = world.now()
    for project in world.projects.values():
        if project.organization is organization:
            for workflow in project.planned_workflows():
                for job in workflow.jobs:
                    started_at, stopped_at = job.started_at, job.stopped_at
                    if started_at is None or stopped_at is None or not job.ended(now) or job.kept is not None:
                        continue
                    if export.start <= started_at < export.end:
                        shared = _pipeline_columns(workflow.pipeline) | _workflow_columns(workflow, now)
                        yield shared | _job_columns(job, started_at, stopped_at)
