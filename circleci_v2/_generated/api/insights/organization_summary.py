"""GET /insights/{org-slug}/summary: getOrgSummaryData."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.slugs import OrgSlug, org_path

if TYPE_CHECKING:
    from circleci_v2._generated.models import ReportingWindow

OPERATION = OPERATIONS["getOrgSummaryData"]


def build(
    org_slug: OrgSlug | str,
    *,
    project_names: Sequence[str] | None = None,
    reporting_window: ReportingWindow | str | None = None,
) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/insights/{org_path(org_slug)}/summary",
        query={
            "project-names": project_names,
            "reporting-window": reporting_window,
        },
    )


def parse(answer: Payload) -> models.OrganizationInsightsSummary:
    """Decode the answer."""
    return answer.decode(models.OrganizationInsightsSummary)
