"""DELETE /organization/{org-slug-or-id}/url-orb-allow-list/{allow-list-entry-id}: removeURLOrbAllowListEntry."""

from __future__ import annotations

from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.slugs import OrgSlug, org_path

OPERATION = OPERATIONS["removeURLOrbAllowListEntry"]


def build(org_slug_or_id: OrgSlug | UUID | str, allow_list_entry_id: str) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/organization/{org_path(org_slug_or_id)}/url-orb-allow-list/{path_segment('allow_list_entry_id', allow_list_entry_id)}",
    )


def parse(answer: Payload) -> models.UrlOrbAllowListChange:
    """Decode the answer."""
    return answer.decode(models.UrlOrbAllowListChange)
