"""GET /deploy/environments/{environment_id}: getEnvironment."""

from __future__ import annotations

from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

OPERATION = OPERATIONS["getEnvironment"]


def build(environment_id: UUID | str) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/deploy/environments/{path_segment('environment_id', environment_id)}",
    )


def parse(answer: Payload) -> models.DeployEnvironment:
    """Decode the answer."""
    return answer.decode(models.DeployEnvironment)
