"""TriggerEventSourceChange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.trigger_schedule_input import TriggerScheduleInput
    from circleci_v2._generated.models.trigger_webhook_input import TriggerWebhookInput

__all__ = ["TriggerEventSourceChange"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class TriggerEventSourceChange(Model):
    """New details for the event source of a trigger; pass the field that matches the trigger's provider."""

    schedule: TriggerScheduleInput | None = None
    """New timetable; for schedules only."""

    webhook: TriggerWebhookInput | None = None
    """New sender; for webhooks only. The URL stays the same."""
