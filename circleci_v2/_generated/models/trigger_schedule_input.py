"""TriggerScheduleInput."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.attribution_actor import AttributionActor

__all__ = ["TriggerScheduleInput"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class TriggerScheduleInput(Model):
    """Timetable of a new trigger."""

    attribution_actor: AttributionActor | None = None
    """User whose permissions the scheduled pipelines run with; determines which restricted contexts they may use."""

    cron_expression: str | None = None
    """Cron expression of five fields, evaluated in UTC, for example `0 2 * * *` for two in the morning. Fires with
    a random delay of up to 10 minutes (1 hour for schedules created before 2025-09-29)."""
