"""GET /deploy/environments: listEnvironments."""

from __future__ import annotations

from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.pagination import Page

OPERATION = OPERATIONS["listEnvironments"]


def build(*, org_id: UUID | str, page_size: int, page_token: str | None = None) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        "/deploy/environments",
        query={
            "org-id": org_id,
            "page-size": page_size,
            "page-token": page_token,
        },
    )


def parse(answer: Payload) -> Page[models.DeployEnvironment]:
    """Decode the answer."""
    return answer.page(models.DeployEnvironment)
