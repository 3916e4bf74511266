"""GET /webhook: getWebhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.pagination import Page

if TYPE_CHECKING:
    from circleci_v2._generated.models import WebhookScopeType

OPERATION = OPERATIONS["getWebhooks"]


def build(*, scope_id: UUID | str, scope_type: WebhookScopeType | str, page_token: str | None = None) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        "/webhook",
        query={
            "scope-id": scope_id,
            "scope-type": scope_type,
            "page-token": page_token,
        },
    )


def parse(answer: Payload) -> Page[models.Webhook]:
    """Decode the answer."""
    return answer.page(models.Webhook)
