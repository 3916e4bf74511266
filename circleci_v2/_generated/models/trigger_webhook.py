"""TriggerWebhook."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["TriggerWebhook"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class TriggerWebhook(Model):
    """Inbound webhook: a POST to its URL starts the pipeline.

    Not to be confused with outbound webhooks (`webhooks.create`).
    """

    sender: str | None = None
    """Label of the expected caller."""

    url: str | None = None
    """URL that accepts POST requests with JSON. It contains a secret, so treat it like a password; complete only
    in the result of `triggers.create`, elsewhere the secret reads `**REDACTED**`."""
