"""TriggerWebhookInput."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["TriggerWebhookInput"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class TriggerWebhookInput(Model):
    """Details of an inbound webhook that a client can set."""

    sender: str | None = None
    """Expected caller of the URL, for example `dockerhub`; a label that is not verified."""
