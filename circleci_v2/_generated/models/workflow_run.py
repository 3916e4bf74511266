"""WorkflowRun."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.workflow_run_status import WorkflowRunStatus

__all__ = ["WorkflowRun"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class WorkflowRun(Model):
    """One run of a workflow as Insights recorded it.

    It has less detail than a workflow of `workflows.get`.
    """

    id: UUID
    """UUID of the workflow, for `workflows.get` and `workflows.list_jobs`."""

    status: WorkflowRunStatus | None
    """Final status of the run; null when Insights has none."""

    created_at: datetime
    """When the workflow was created, in UTC."""

    credits_used: int
    """Credits the run spent, estimated by Insights; not billing data."""

    duration: int | None
    """Duration of the run in seconds, from creation to its end; null without an end."""

    is_approval: bool
    """Whether the entry is an approval, which waits for a person, and not executed work."""

    stopped_at: datetime | None
    """When the run ended, in UTC; null until then."""

    branch: str | None = None
    """Branch that triggered the run; null or absent for runs of a tag."""
