"""PATCH /owner/{ownerID}/context/{context}/decision/settings: SetDecisionSettings."""

from __future__ import annotations

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import given, path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

OPERATION = OPERATIONS["SetDecisionSettings"]


def build(owner_id: str, *, context: str = "config", enabled: bool | None = None) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/owner/{path_segment('owner_id', owner_id)}/context/{path_segment('context', context)}/decision/settings",
        json=given(
            {
                "enabled": enabled,
            },
        ),
    )


def parse(answer: Payload) -> models.DecisionSettings:
    """Decode the answer."""
    return answer.decode(models.DecisionSettings)
