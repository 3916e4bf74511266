"""TriggerEventSource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.repository import Repository
    from circleci_v2._generated.models.trigger_schedule import TriggerSchedule
    from circleci_v2._generated.models.trigger_webhook import TriggerWebhook

__all__ = ["TriggerEventSource"]


@define(kw_only=True, weakref_slot=False)
class TriggerEventSource(Model):
    """TriggerEventSource"""

    provider: str | None = None

    repo: Repository | None = None

    schedule: TriggerSchedule | None = None

    webhook: TriggerWebhook | None = None
