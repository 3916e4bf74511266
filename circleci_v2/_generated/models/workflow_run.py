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
    """How the run ended; null when Insights holds no end state."""

    created_at: datetime
    """When the workflow was created, in UTC."""

    credits_used: int
    """Credits the run spent, estimated by Insights; not billing data."""

    duration: int | None
    """How long the run took, in seconds, from creation to its end; null without an end."""

    is_approval: bool
    """Whether the entry is an approval, a pause until a person agrees, and not work that was executed."""

    stopped_at: datetime | None
    """When the run ended, in UTC; null as long as it has not."""

    branch: str | None = None
    """Branch that triggered the run; null or absent for runs of a tag."""
