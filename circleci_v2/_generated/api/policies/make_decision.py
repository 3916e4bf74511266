"""POST /owner/{ownerID}/context/{context}/decision: MakeDecision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import given, path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

OPERATION = OPERATIONS["MakeDecision"]


def build(owner_id: str, *, input: str, context: str = "config", metadata: Mapping[str, Any] | None = None) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/owner/{path_segment('owner_id', owner_id)}/context/{path_segment('context', context)}/decision",
        json={
            "input": input,
            **given(
                {
                    "metadata": metadata,
                },
            ),
        },
    )


def parse(answer: Payload) -> models.Decision:
    """Decode the answer."""
    return answer.decode(models.Decision)
