"""POST /organizations/{org_id}/usage_export_job: createUsageExport."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import given, path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

OPERATION = OPERATIONS["createUsageExport"]


def build(
    org_id: str, *, end: datetime, start: datetime, shared_org_ids: Sequence[UUID | str] | None = None
) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/organizations/{path_segment('org_id', org_id)}/usage_export_job",
        json={
            "end": end,
            "start": start,
            **given(
                {
                    "shared_org_ids": shared_org_ids,
                },
            ),
        },
    )


def parse(answer: Payload) -> models.UsageExportJob:
    """Decode the answer."""
    return answer.decode(models.UsageExportJob)
