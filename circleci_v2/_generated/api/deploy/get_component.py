"""GET /deploy/components/{component_id}: getComponent."""

from __future__ import annotations

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

OPERATION = OPERATIONS["getComponent"]


def build(component_id: str) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/deploy/components/{path_segment('component_id', component_id)}",
    )


def parse(answer: Payload) -> models.DeployComponent:
    """Decode the answer."""
    return answer.decode(models.DeployComponent)
