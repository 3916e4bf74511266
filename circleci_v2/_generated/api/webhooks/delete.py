"""DELETE /webhook/{webhook_id}: deleteWebhook."""

from __future__ import annotations

from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

OPERATION = OPERATIONS["deleteWebhook"]


def build(webhook_id: UUID | str) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/webhook/{path_segment('webhook_id', webhook_id)}",
    )


def parse(answer: Payload) -> models.MessageResponse:
    """Decode the answer."""
    return answer.decode(models.MessageResponse)
