"""GET /owner/{ownerID}/context/{context}/decision/{decisionID}/policy-bundle: GetDecisionLogPolicyBundle."""

from __future__ import annotations

from typing import Any

from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

OPERATION = OPERATIONS["GetDecisionLogPolicyBundle"]


def build(owner_id: str, decision_id: str, *, context: str = "config") -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/owner/{path_segment('owner_id', owner_id)}/context/{path_segment('context', context)}/decision/{path_segment('decision_id', decision_id)}/policy-bundle",
    )


def parse(answer: Payload) -> dict[str, Any]:
    """Decode the answer."""
    return answer.decode(dict[str, Any])
