"""GET /context: listContexts."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.pagination import Page

if TYPE_CHECKING:
    from circleci_v2._generated.models import OwnerType

OPERATION = OPERATIONS["listContexts"]


def build(
    *,
    owner_id: UUID | str | None = None,
    owner_slug: str | None = None,
    owner_type: OwnerType | str | None = None,
    page_token: str | None = None,
) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        "/context",
        query={
            "owner-id": owner_id,
            "owner-slug": owner_slug,
            "owner-type": owner_type,
            "page-token": page_token,
        },
    )


def parse(answer: Payload) -> Page[models.Context]:
    """Decode the answer."""
    return answer.page(models.Context)
