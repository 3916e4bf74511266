"""JobDetails."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.job_context import JobContext
    from circleci_v2._generated.models.job_executor import JobExecutor
    from circleci_v2._generated.models.job_message import JobMessage
    from circleci_v2._generated.models.job_organization import JobOrganization
    from circleci_v2._generated.models.job_parallel_run import JobParallelRun
    from circleci_v2._generated.models.job_pipeline import JobPipeline
    from circleci_v2._generated.models.job_project import JobProject
    from circleci_v2._generated.models.job_status import JobStatus
    from circleci_v2._generated.models.job_workflow import JobWorkflow

__all__ = ["JobDetails"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class JobDetails(Model):
    """A job with details of its execution, such as executor, timing and parallel runs."""

    name: str
    """Name in the workflow."""

    number: int
    """Number within the project."""

    status: JobStatus
    """State of the job."""

    contexts: list[JobContext]
    """Contexts whose variables the job could read; empty if none."""

    created_at: datetime
    """When the job was created, in UTC; afterwards it may have waited for other jobs."""

    duration: int | None
    """Running time in milliseconds; null before the job ends. Insights reports it in seconds."""

    latest_workflow: JobWorkflow
    """Newest workflow of the job; after a rerun from failed, a passed job belongs to the old and to the new one."""

    messages: list[JobMessage]
    """Notes from the platform about how the job was set up or run; mostly empty."""

    organization: JobOrganization
    """Owner of the project."""

    parallel_runs: list[JobParallelRun]
    """State of each parallel run; a single entry for jobs without parallelism."""

    parallelism: int
    """Number of parallel runs that execute the job; 1 unless `parallelism` is set in the configuration."""

    pipeline: JobPipeline
    """Pipeline of the job."""

    executor: JobExecutor | None = None
    """Machine or image the job ran on; null or absent on approvals."""

    project: JobProject | None = None
    """Project of the job; absent on approvals."""

    queued_at: datetime | None = None
    """When it was ready and began to wait for capacity, in UTC; the difference to `started_at` is the time in the
    queue. Can be null."""

    started_at: datetime | None = None
    """When it started to run, in UTC; null while it waits."""

    stopped_at: datetime | None = None
    """When it ended, in UTC; null until then."""

    web_url: str | None = None
    """Page of the job in the web app; absent on approvals."""
