"""TriggerEventSourceChange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.trigger_schedule_input import TriggerScheduleInput
    from circleci_v2._generated.models.trigger_webhook_input import TriggerWebhookInput

__all__ = ["TriggerEventSourceChange"]


@define(kw_only=True, weakref_slot=False)
class TriggerEventSourceChange(Model):
    """TriggerEventSourceChange"""

    schedule: TriggerScheduleInput | None = None

    webhook: TriggerWebhookInput | None = None
