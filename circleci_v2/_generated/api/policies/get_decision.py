"""GET /owner/{ownerID}/context/{context}/decision/{decisionID}: GetDecisionLog."""

from __future__ import annotations

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

OPERATION = OPERATIONS["GetDecisionLog"]


def build(owner_id: str, decision_id: str, *, context: str = "config") -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/owner/{path_segment('owner_id', owner_id)}/context/{path_segment('context', context)}/decision/{path_segment('decision_id', decision_id)}",
    )


def parse(answer: Payload) -> models.DecisionLog:
    """Decode the answer."""
    return answer.decode(models.DecisionLog)
