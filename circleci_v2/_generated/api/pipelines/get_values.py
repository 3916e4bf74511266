"""GET /pipeline/{pipeline_id}/values: getPipelineValuesById."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

OPERATION = OPERATIONS["getPipelineValuesById"]


def build(pipeline_id: UUID | str) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/pipeline/{path_segment('pipeline_id', pipeline_id)}/values",
    )


def parse(answer: Payload) -> dict[str, Any]:
    """Decode the answer."""
    return answer.decode(dict[str, Any])
