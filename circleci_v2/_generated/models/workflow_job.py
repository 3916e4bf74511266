"""WorkflowJob."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.job_status import JobStatus
    from circleci_v2._generated.models.required_job_status import RequiredJobStatus
    from circleci_v2._generated.models.workflow_job_type import WorkflowJobType

__all__ = ["WorkflowJob"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class WorkflowJob(Model):
    """A job of a workflow: its dependencies and its state.

    Use `job_number` to get details, tests and artifacts.
    """

    id: UUID
    """UUID of the job, for `jobs.get` and `jobs.cancel`."""

    name: str
    """Name in the workflow, with the matrix values for matrix jobs."""

    type: WorkflowJobType
    """Distinguishes approval jobs from jobs that execute steps; check this, not `job_number`."""

    status: JobStatus
    """State of the job."""

    dependencies: list[UUID]
    """UUIDs of the jobs it requires in this workflow; empty for jobs that start immediately."""

    project_slug: str
    """Slug of the job's project, to use with `job_number`."""

    approval_request_id: UUID | None = None
    """UUID that `workflows.approve` requires; set on approval jobs only."""

    approved_by: UUID | None = None
    """UUID of the user who approved it; null or absent on other jobs and before the approval."""

    canceled_by: UUID | None = None
    """UUID of the user who canceled it; null or absent otherwise."""

    job_number: int | None = None
    """Number within the project. Null or absent until the job is started, and on most approval jobs; if an
    approval job has one, getting its details results in 404."""

    requires: dict[str, list[RequiredJobStatus]] | None = None
    """Outcomes that allow this job to start, by UUID of the required job; more precise than `dependencies`. Null
    or absent in older workflows."""

    started_at: datetime | None = None
    """When it started to run, in UTC; null or absent for blocked, canceled and approval jobs."""

    stopped_at: datetime | None = None
    """When it ended, in UTC; null or absent until then, and for jobs that never ran."""
