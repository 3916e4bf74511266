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
    """A job as it was executed: where, how long, and with what."""

    name: str
    """Name in the workflow."""

    number: int
    """Number within the project."""

    status: JobStatus
    """Where the job stands."""

    contexts: list[JobContext]
    """Contexts whose variables the job could read; empty if none."""

    created_at: datetime
    """When the job was created, in UTC; it may have waited for other jobs from then on."""

    duration: int | None
    """Running time in milliseconds; null before the job ends. Insights count the same in seconds."""

    latest_workflow: JobWorkflow
    """Newest workflow the job is part of; after a rerun from failed, a passed job belongs to the old and to the
    new one."""

    messages: list[JobMessage]
    """Notes from the platform about how the job was set up or run; mostly empty."""

    organization: JobOrganization
    """Owner of the project."""

    parallel_runs: list[JobParallelRun]
    """State of each parallel run; a single entry for jobs without parallelism."""

    parallelism: int
    """How many runs execute the job side by side; 1 unless `parallelism` is set in the configuration."""

    pipeline: JobPipeline
    """Pipeline it belongs to."""

    executor: JobExecutor | None = None
    """Machine or image the job ran on; null or absent on approvals."""

    project: JobProject | None = None
    """Project it belongs to; absent on approvals."""

    queued_at: datetime | None = None
    """When it was ready and began to wait for capacity, in UTC; the difference to `started_at` is the time in the
    queue. Can be null."""

    started_at: datetime | None = None
    """When it started to run, in UTC; null while it waits."""

    stopped_at: datetime | None = None
    """When it ended, in UTC; null until then."""

    web_url: str | None = None
    """Page of the job in the web app; absent on approvals."""
