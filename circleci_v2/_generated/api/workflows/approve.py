"""POST /workflow/{id}/approve/{approval_request_id}: approvePendingApprovalJobById."""

from __future__ import annotations

from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

OPERATION = OPERATIONS["approvePendingApprovalJobById"]


def build(workflow_id: UUID | str, approval_request_id: UUID | str) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/workflow/{path_segment('workflow_id', workflow_id)}/approve/{path_segment('approval_request_id', approval_request_id)}",
    )


def parse(answer: Payload) -> models.MessageResponse:
    """Decode the answer."""
    return answer.decode(models.MessageResponse)
