"""GET /workflow/{id}/job: listWorkflowJobs."""

from __future__ import annotations

from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.pagination import Page

OPERATION = OPERATIONS["listWorkflowJobs"]


def build(workflow_id: UUID | str, *, page_token: str | None = None) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/workflow/{path_segment('workflow_id', workflow_id)}/job",
        query={
            "page-token": page_token,
        },
    )


def parse(answer: Payload) -> Page[models.WorkflowJob]:
    """Decode the answer."""
    return answer.page(models.WorkflowJob)
