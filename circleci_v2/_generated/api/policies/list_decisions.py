"""GET /owner/{ownerID}/context/{context}/decision: GetDecisionLogs."""

from __future__ import annotations

from datetime import datetime

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.pagination import Page

OPERATION = OPERATIONS["GetDecisionLogs"]


def build(
    owner_id: str,
    *,
    context: str = "config",
    after: datetime | None = None,
    before: datetime | None = None,
    branch: str | None = None,
    build_number: str | None = None,
    project_id: str | None = None,
    status: str | None = None,
    offset: int | None = None,
) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/owner/{path_segment('owner_id', owner_id)}/context/{path_segment('context', context)}/decision",
        query={
            "after": after,
            "before": before,
            "branch": branch,
            "build_number": build_number,
            "project_id": project_id,
            "status": status,
            "offset": offset,
        },
    )


def parse(answer: Payload) -> Page[models.DecisionLog]:
    """Decode the answer."""
    return answer.page(models.DecisionLog)
