"""Workflow."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.workflow_status import WorkflowStatus
    from circleci_v2._generated.models.workflow_tag import WorkflowTag

__all__ = ["Workflow"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class Workflow(Model):
    """A run of one workflow from the configuration: a graph of jobs within a pipeline.

    A rerun is a separate workflow.
    """

    id: UUID
    """UUID of this run. Observed as null for pipelines whose data has expired."""

    name: str
    """Name from the configuration; shared by all reruns."""

    status: WorkflowStatus
    """State of the workflow, over all its jobs."""

    created_at: datetime
    """When the workflow was created, in UTC. There is no separate start time; the first job may begin later."""

    pipeline_id: UUID
    """UUID of the pipeline it belongs to, for `pipelines.get`."""

    pipeline_number: int
    """Number of that pipeline within the project; can be null."""

    project_slug: str
    """Slug of the project that the pipeline ran in."""

    started_by: UUID | None
    """UUID of the user who started this run; for a rerun, the user who requested it."""

    stopped_at: datetime | None
    """When the workflow ended, in UTC; null while it runs or is on hold."""

    auto_rerun_number: int | None = None
    """Number of this automatic rerun, counted from 1; null or absent for first runs and for manual reruns."""

    canceled_by: UUID | None = None
    """UUID of the user who canceled it (`user.get` resolves it); null or absent otherwise."""

    errored_by: UUID | None = None
    """UUID of a user, presumably the one whose action led to `error` (not documented); null or absent otherwise."""

    max_auto_reruns: int | None = None
    """Limit for automatic reruns set by `max_auto_reruns` in the configuration; null or absent if they are off."""

    tag: WorkflowTag | None = None
    """`setup` for the setup workflow of dynamic configuration; null or absent for all others."""
