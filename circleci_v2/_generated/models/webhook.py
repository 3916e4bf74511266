"""Webhook."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.webhook_event_type import WebhookEventType
    from circleci_v2._generated.models.webhook_scope import WebhookScope

__all__ = ["Webhook"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class Webhook(Model):
    """An outbound webhook: a subscription of a URL to the events of a project."""

    id: UUID
    """UUID for `webhooks.get`, `webhooks.update` and `webhooks.delete`; deliveries carry it as `webhook.id`."""

    name: str
    """Free text shown in the project settings; deliveries repeat it as `webhook.name`."""

    created_at: datetime
    """When the webhook was set up, in UTC."""

    events: list[WebhookEventType]
    """Events that cause a delivery; their order is not kept."""

    scope: WebhookScope
    """The project whose events are delivered."""

    updated_at: datetime
    """When the settings last changed, in UTC."""

    url: str
    """Address that CircleCI sends its POST requests to."""

    verify_tls: bool
    """Whether CircleCI requires a valid TLS certificate of the receiver before it delivers."""

    signing_secret: str | None = None
    """Masked secret, useful only to see that there is one; null or absent when deliveries are unsigned."""
