"""PUT /context/{context_id}/environment-variable/{env_var_name}: addEnvironmentVariableToContext."""

from __future__ import annotations

from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

OPERATION = OPERATIONS["addEnvironmentVariableToContext"]


def build(context_id: UUID | str, name: str, *, value: str) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/context/{path_segment('context_id', context_id)}/environment-variable/{path_segment('name', name)}",
        json={
            "value": value,
        },
    )


def parse(answer: Payload) -> models.ContextEnvironmentVariable | models.MessageResponse:
    """Decode the answer."""
    return answer.one_of(models.ContextEnvironmentVariable, models.MessageResponse)
