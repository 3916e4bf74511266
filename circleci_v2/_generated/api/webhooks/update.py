"""PUT /webhook/{webhook_id}: updateWebhook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import given, path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

if TYPE_CHECKING:
    from circleci_v2._generated.models import WebhookEventType

OPERATION = OPERATIONS["updateWebhook"]


def build(
    webhook_id: UUID | str,
    *,
    name: str | None = None,
    events: Sequence[WebhookEventType | str] | None = None,
    signing_secret: str | None = None,
    url: str | None = None,
    verify_tls: bool | None = None,
) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/webhook/{path_segment('webhook_id', webhook_id)}",
        json=given(
            {
                "name": name,
                "events": events,
                "signing-secret": signing_secret,
                "url": url,
                "verify-tls": verify_tls,
            },
        ),
    )


def parse(answer: Payload) -> models.Webhook:
    """Decode the answer."""
    return answer.decode(models.Webhook)
