"""DELETE /context/{context_id}/restrictions/{restriction_id}: deleteContextRestriction."""

from __future__ import annotations

from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

OPERATION = OPERATIONS["deleteContextRestriction"]


def build(context_id: UUID | str, restriction_id: str) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/context/{path_segment('context_id', context_id)}/restrictions/{path_segment('restriction_id', restriction_id)}",
    )


def parse(answer: Payload) -> models.MessageResponse:
    """Decode the answer."""
    return answer.decode(models.MessageResponse)
