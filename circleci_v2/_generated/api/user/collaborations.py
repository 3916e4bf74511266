"""GET /me/collaborations: getCollaborations."""

from __future__ import annotations

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.pagination import Page

OPERATION = OPERATIONS["getCollaborations"]


def build() -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        "/me/collaborations",
    )


def parse(answer: Payload) -> Page[models.Collaboration]:
    """Decode the answer."""
    return answer.page(models.Collaboration)
