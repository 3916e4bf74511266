"""TriggerScheduleActor."""

from __future__ import annotations

from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["TriggerScheduleActor"]


@define(kw_only=True, weakref_slot=False)
class TriggerScheduleActor(Model):
    """TriggerScheduleActor"""

    id: UUID | None = None
