"""POST /context/{context_id}/restrictions: createContextRestriction."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import given, path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

if TYPE_CHECKING:
    from circleci_v2._generated.models import ContextRestrictionType

OPERATION = OPERATIONS["createContextRestriction"]


def build(
    context_id: UUID | str,
    *,
    restriction_type: ContextRestrictionType | str | None = None,
    restriction_value: str | None = None,
) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/context/{path_segment('context_id', context_id)}/restrictions",
        json=given(
            {
                "restriction_type": restriction_type,
                "restriction_value": restriction_value,
            },
        ),
    )


def parse(answer: Payload) -> models.ContextRestrictionCreation:
    """Decode the answer."""
    return answer.decode(models.ContextRestrictionCreation)
