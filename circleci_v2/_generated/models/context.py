"""Context."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["Context"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class Context(Model):
    """A named set of environment variables that jobs of an organization's projects can share."""

    id: UUID
    """UUID, which all other calls about the context ask for."""

    name: str
    """What workflows put under `context`; unique within the organization."""

    created_at: datetime
    """When it was created, in UTC; setting variables later does not move it."""
