"""DELETE /context/{context_id}/environment-variable/{env_var_name}: deleteEnvironmentVariableFromContext."""

from __future__ import annotations

from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

OPERATION = OPERATIONS["deleteEnvironmentVariableFromContext"]


def build(context_id: UUID | str, name: str) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/context/{path_segment('context_id', context_id)}/environment-variable/{path_segment('name', name)}",
    )


def parse(answer: Payload) -> models.MessageResponse:
    """Decode the answer."""
    return answer.decode(models.MessageResponse)
