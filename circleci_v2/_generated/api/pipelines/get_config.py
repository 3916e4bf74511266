"""GET /pipeline/{pipeline-id}/config: getPipelineConfigById."""

from __future__ import annotations

from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

OPERATION = OPERATIONS["getPipelineConfigById"]


def build(pipeline_id: UUID | str) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/pipeline/{path_segment('pipeline_id', pipeline_id)}/config",
    )


def parse(answer: Payload) -> models.PipelineConfig:
    """Decode the answer."""
    return answer.decode(models.PipelineConfig)
