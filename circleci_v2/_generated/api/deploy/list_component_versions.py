"""GET /deploy/components/{component_id}/versions: listComponentVersions."""

from __future__ import annotations

from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.pagination import Page

OPERATION = OPERATIONS["listComponentVersions"]


def build(component_id: str, *, environment_id: UUID | str | None = None, page_token: str | None = None) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/deploy/components/{path_segment('component_id', component_id)}/versions",
        query={
            "environment-id": environment_id,
            "page-token": page_token,
        },
    )


def parse(answer: Payload) -> Page[models.DeployComponentVersion]:
    """Decode the answer."""
    return answer.page(models.DeployComponentVersion)
