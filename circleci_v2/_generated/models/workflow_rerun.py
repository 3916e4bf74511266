"""WorkflowRerun."""

from __future__ import annotations

from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["WorkflowRerun"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class WorkflowRerun(Model):
    """Result of a rerun request."""

    workflow_id: UUID
    """UUID of the new workflow, to poll with `workflows.get`; the workflow that was rerun keeps its own."""
