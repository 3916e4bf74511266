"""JobWorkflow."""

from __future__ import annotations

from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["JobWorkflow"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class JobWorkflow(Model):
    """Workflow a job belongs to."""

    id: UUID
    """UUID of the workflow, for `workflows.get`."""

    name: str
    """Name from the configuration."""
