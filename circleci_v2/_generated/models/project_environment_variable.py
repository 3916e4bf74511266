"""ProjectEnvironmentVariable."""

from __future__ import annotations

from datetime import datetime

from attrs import define, field

from circleci_v2._wire.model import Model

__all__ = ["ProjectEnvironmentVariable"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class ProjectEnvironmentVariable(Model):
    """An environment variable of a project, its value masked."""

    name: str
    """Name, as jobs see it in their environment; unique within the project."""

    value: str
    """Masked, never the secret: `xxxx` followed by the last characters, four at most and no more than half of the
    value."""

    created_at: datetime | None = field(default=None, metadata={"key": "created-at"})
    """When the variable was created, in UTC; null or absent where CircleCI has no record, as for old variables."""
