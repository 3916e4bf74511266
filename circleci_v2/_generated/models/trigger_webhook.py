"""TriggerWebhook."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["TriggerWebhook"]


@define(kw_only=True, weakref_slot=False)
class TriggerWebhook(Model):
    """TriggerWebhook"""

    sender: str | None = None

    url: str | None = None
