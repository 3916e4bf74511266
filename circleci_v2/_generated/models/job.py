"""Job."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["Job"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class Job(Model):
    """A job with its workflow, pipeline and project."""

    id: UUID
    """UUID of the job, unique across CircleCI."""

    name: str
    """Name in the workflow."""

    status: str
    """State of the job, as in `JobStatus`."""

    pipeline_id: UUID
    """UUID of its pipeline, for `pipelines.get`."""

    project_id: UUID
    """UUID of its project; not a slug."""

    workflow_id: UUID
    """UUID of its workflow, for `workflows.get`."""

    type: str | None = None
    """`build` for jobs that execute steps, `approval` for those that wait for an approval; can be null."""

    job_number: int | None = None
    """Number within the project, for `jobs.list_tests` and `jobs.list_artifacts`; null or absent until the job is
    started, and mostly for approvals."""

    started_at: datetime | None = None
    """When it started to run, in UTC; null or absent before that, and for approvals."""

    stopped_at: datetime | None = None
    """When it ended, in UTC; null or absent until then."""
