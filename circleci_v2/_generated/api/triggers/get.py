"""GET /projects/{project_id}/triggers/{trigger_id}: getTrigger."""

from __future__ import annotations

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

OPERATION = OPERATIONS["getTrigger"]


def build(project_id: str, trigger_id: str) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/projects/{path_segment('project_id', project_id)}/triggers/{path_segment('trigger_id', trigger_id)}",
    )


def parse(answer: Payload) -> models.Trigger:
    """Decode the answer."""
    return answer.decode(models.Trigger)
