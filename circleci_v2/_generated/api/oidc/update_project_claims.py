"""PATCH /org/{orgID}/project/{projectID}/oidc-custom-claims: PatchProjectClaims."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import given, path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

OPERATION = OPERATIONS["PatchProjectClaims"]


def build(
    org_id: UUID | str, project_id: UUID | str, *, audience: Sequence[str] | None = None, ttl: str | None = None
) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/org/{path_segment('org_id', org_id)}/project/{path_segment('project_id', project_id)}/oidc-custom-claims",
        json=given(
            {
                "audience": audience,
                "ttl": ttl,
            },
        ),
    )


def parse(answer: Payload) -> models.OidcClaims:
    """Decode the answer."""
    return answer.decode(models.OidcClaims)
