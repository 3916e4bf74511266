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
    """UUID, required by all other calls for the context."""

    name: str
    """Name that workflows list under `context`; unique within the organization."""

    created_at: datetime
    """When it was created, in UTC; not changed by setting variables later."""
