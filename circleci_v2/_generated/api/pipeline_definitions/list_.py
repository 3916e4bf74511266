"""GET /projects/{project_id}/pipeline-definitions: listPipelineDefinitions."""

from __future__ import annotations

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.pagination import Page

OPERATION = OPERATIONS["listPipelineDefinitions"]


def build(project_id: str) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/projects/{path_segment('project_id', project_id)}/pipeline-definitions",
    )


def parse(answer: Payload) -> Page[models.PipelineDefinition]:
    """Decode the answer."""
    return answer.page(models.PipelineDefinition)
