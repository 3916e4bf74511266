"""GET /user/{id}: getUser."""

from __future__ import annotations

from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

OPERATION = OPERATIONS["getUser"]


def build(user_id: UUID | str) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/user/{path_segment('user_id', user_id)}",
    )


def parse(answer: Payload) -> models.User:
    """Decode the answer."""
    return answer.decode(models.User)
