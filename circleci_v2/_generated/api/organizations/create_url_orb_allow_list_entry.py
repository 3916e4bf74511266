"""POST /organization/{org-slug-or-id}/url-orb-allow-list: createURLOrbAllowListEntry."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.slugs import OrgSlug, org_path

if TYPE_CHECKING:
    from circleci_v2._generated.models import UrlOrbAuth

OPERATION = OPERATIONS["createURLOrbAllowListEntry"]


def build(org_slug_or_id: OrgSlug | UUID | str, *, name: str, auth: UrlOrbAuth | str, prefix: str) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/organization/{org_path(org_slug_or_id)}/url-orb-allow-list",
        json={
            "name": name,
            "auth": auth,
            "prefix": prefix,
        },
    )


def parse(answer: Payload) -> models.UrlOrbAllowListChange:
    """Decode the answer."""
    return answer.decode(models.UrlOrbAllowListChange)
