"""GET /organization/{org-slug-or-id}/url-orb-allow-list: listURLOrbAllowListEntries."""

from __future__ import annotations

from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.pagination import Page
from circleci_v2.slugs import OrgSlug, org_path

OPERATION = OPERATIONS["listURLOrbAllowListEntries"]


def build(org_slug_or_id: OrgSlug | UUID | str) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/organization/{org_path(org_slug_or_id)}/url-orb-allow-list",
    )


def parse(answer: Payload) -> Page[models.UrlOrbAllowListEntry]:
    """Decode the answer."""
    return answer.page(models.UrlOrbAllowListEntry)
