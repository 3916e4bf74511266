"""GET /pipeline/{pipeline-id}/workflow: listWorkflowsByPipelineId."""

from __future__ import annotations

from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.pagination import Page

OPERATION = OPERATIONS["listWorkflowsByPipelineId"]


def build(pipeline_id: UUID | str, *, page_token: str | None = None) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/pipeline/{path_segment('pipeline_id', pipeline_id)}/workflow",
        query={
            "page-token": page_token,
        },
    )


def parse(answer: Payload) -> Page[models.Workflow]:
    """Decode the answer."""
    return answer.page(models.Workflow)
