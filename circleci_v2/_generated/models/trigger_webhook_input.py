"""TriggerWebhookInput."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["TriggerWebhookInput"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class TriggerWebhookInput(Model):
    """Details of an inbound webhook that a caller can choose."""

    sender: str | None = None
    """Who is expected to call the URL, for example `dockerhub`; a label that is not verified."""
