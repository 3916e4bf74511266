"""GET /projects/{project_id}/pipeline-definitions/{pipeline_definition_id}: getPipelineDefinition."""

from __future__ import annotations

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

OPERATION = OPERATIONS["getPipelineDefinition"]


def build(project_id: str, pipeline_definition_id: str) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/projects/{path_segment('project_id', project_id)}/pipeline-definitions/{path_segment('pipeline_definition_id', pipeline_definition_id)}",
    )


def parse(answer: Payload) -> models.PipelineDefinition:
    """Decode the answer."""
    return answer.decode(models.PipelineDefinition)
