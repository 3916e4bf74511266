"""TriggerWebhookInput."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["TriggerWebhookInput"]


@define(kw_only=True, weakref_slot=False)
class TriggerWebhookInput(Model):
    """TriggerWebhookInput"""

    sender: str | None = None
