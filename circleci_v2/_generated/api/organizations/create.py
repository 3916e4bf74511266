"""POST /organization: createOrganization."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

if TYPE_CHECKING:
    from circleci_v2._generated.models import OrganizationVcsType

OPERATION = OPERATIONS["createOrganization"]


def build(*, name: str, vcs_type: OrganizationVcsType | str) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        "/organization",
        json={
            "name": name,
            "vcs_type": vcs_type,
        },
    )


def parse(answer: Payload) -> models.Organization:
    """Decode the answer."""
    return answer.decode(models.Organization)
