"""POST /organizations/{org_id}/groups: createOrganizationGroup."""

from __future__ import annotations

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import given, path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

OPERATION = OPERATIONS["createOrganizationGroup"]


def build(org_id: str, *, name: str, description: str | None = None) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/organizations/{path_segment('org_id', org_id)}/groups",
        json={
            "name": name,
            **given(
                {
                    "description": description,
                },
            ),
        },
    )


def parse(answer: Payload) -> models.Group:
    """Decode the answer."""
    return answer.decode(models.Group)
