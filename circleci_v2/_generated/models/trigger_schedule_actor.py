"""TriggerScheduleActor."""

from __future__ import annotations

from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["TriggerScheduleActor"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class TriggerScheduleActor(Model):
    """User that scheduled pipelines are attributed to."""

    id: UUID | None = None
    """UUID of the CircleCI user behind `current`, or of the scheduling system's user behind `system`. In an
    update, send `current` or `system`, not this ID."""
