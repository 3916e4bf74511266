"""DELETE /org/{orgID}/oidc-custom-claims: DeleteOrgClaims."""

from __future__ import annotations

from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

OPERATION = OPERATIONS["DeleteOrgClaims"]


def build(org_id: UUID | str, *, claims: str) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/org/{path_segment('org_id', org_id)}/oidc-custom-claims",
        query={
            "claims": claims,
        },
    )


def parse(answer: Payload) -> models.OidcClaims:
    """Decode the answer."""
    return answer.decode(models.OidcClaims)
