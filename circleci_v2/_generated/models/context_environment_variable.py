"""ContextEnvironmentVariable."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["ContextEnvironmentVariable"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class ContextEnvironmentVariable(Model):
    """An environment variable of a context; its value is never returned."""

    context_id: UUID
    """UUID of the context that contains the variable."""

    created_at: datetime
    """When a variable of this name was first set, in UTC."""

    updated_at: datetime
    """When the value was last set, in UTC; equals `created_at` until the first change."""

    variable: str
    """Name, as jobs see it in their environment."""
