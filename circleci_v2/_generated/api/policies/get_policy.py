"""GET /owner/{ownerID}/context/{context}/policy-bundle/{policyName}: GetPolicyDocument."""

from __future__ import annotations

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

OPERATION = OPERATIONS["GetPolicyDocument"]


def build(owner_id: str, policy_name: str, *, context: str = "config") -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/owner/{path_segment('owner_id', owner_id)}/context/{path_segment('context', context)}/policy-bundle/{path_segment('policy_name', policy_name)}",
    )


def parse(answer: Payload) -> models.Policy:
    """Decode the answer."""
    return answer.decode(models.Policy)
