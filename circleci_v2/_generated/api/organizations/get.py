"""GET /organization/{org-slug-or-id}: getOrganization."""

from __future__ import annotations

from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.slugs import OrgSlug, org_path

OPERATION = OPERATIONS["getOrganization"]


def build(org_slug_or_id: OrgSlug | UUID | str) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/organization/{org_path(org_slug_or_id)}",
    )


def parse(answer: Payload) -> models.Organization:
    """Decode the answer."""
    return answer.decode(models.Organization)
