"""POST /webhook: createWebhook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

if TYPE_CHECKING:
    from circleci_v2._generated.models import WebhookEventType, WebhookScopeInput

OPERATION = OPERATIONS["createWebhook"]


def build(
    *,
    name: str,
    events: Sequence[WebhookEventType | str],
    scope: WebhookScopeInput | Mapping[str, Any],
    signing_secret: str,
    url: str,
    verify_tls: bool,
) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        "/webhook",
        json={
            "name": name,
            "events": events,
            "scope": scope,
            "signing-secret": signing_secret,
            "url": url,
            "verify-tls": verify_tls,
        },
    )


def parse(answer: Payload) -> models.Webhook:
    """Decode the answer."""
    return answer.decode(models.Webhook)
