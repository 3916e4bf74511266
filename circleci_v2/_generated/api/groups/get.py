"""GET /organizations/{org_id}/groups/{group_id}: getGroup."""

from __future__ import annotations

from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

OPERATION = OPERATIONS["getGroup"]


def build(org_id: str, group_id: UUID | str) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/organizations/{path_segment('org_id', org_id)}/groups/{path_segment('group_id', group_id)}",
    )


def parse(answer: Payload) -> models.Group:
    """Decode the answer."""
    return answer.decode(models.Group)
