"""GET /organizations/{org_id}/groups: getOrganizationGroups."""

from __future__ import annotations

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.pagination import Page

OPERATION = OPERATIONS["getOrganizationGroups"]


def build(org_id: str, *, limit: int | None = None, page_token: str | None = None) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/organizations/{path_segment('org_id', org_id)}/groups",
        query={
            "limit": limit,
            "page-token": page_token,
        },
    )


def parse(answer: Payload) -> Page[models.Group]:
    """Decode the answer."""
    return answer.page(models.Group)
