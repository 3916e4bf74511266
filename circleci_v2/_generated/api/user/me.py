"""GET /me: getCurrentUser."""

from __future__ import annotations

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

OPERATION = OPERATIONS["getCurrentUser"]


def build() -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        "/me",
    )


def parse(answer: Payload) -> models.User:
    """Decode the answer."""
    return answer.decode(models.User)
