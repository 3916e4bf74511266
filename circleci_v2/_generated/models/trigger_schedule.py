"""TriggerSchedule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.trigger_schedule_actor import TriggerScheduleActor

__all__ = ["TriggerSchedule"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class TriggerSchedule(Model):
    """Timetable that a trigger follows."""

    attribution_actor: TriggerScheduleActor | None = None
    """User whose permissions the scheduled pipelines run with, as a resolved ID instead of `current` or `system`."""

    cron_expression: str | None = None
    """Cron expression of five fields, evaluated in UTC. Fires with a random delay of up to 10 minutes (1 hour for
    schedules created before 2025-09-29)."""
