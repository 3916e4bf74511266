"""GET /organizations/{org_id}/usage_export_job/{usage_export_job_id}: getUsageExport."""

from __future__ import annotations

from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

OPERATION = OPERATIONS["getUsageExport"]


def build(org_id: str, usage_export_job_id: UUID | str) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/organizations/{path_segment('org_id', org_id)}/usage_export_job/{path_segment('usage_export_job_id', usage_export_job_id)}",
    )


def parse(answer: Payload) -> models.UsageExportStatus:
    """Decode the answer."""
    return answer.decode(models.UsageExportStatus)
