"""GET /insights/time-series/{project-slug}/workflows/{workflow-name}/jobs: getJobTimeseries."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.pagination import Page
from circleci_v2.slugs import ProjectSlug, project_path

if TYPE_CHECKING:
    from circleci_v2._generated.models import TimeseriesGranularity

OPERATION = OPERATIONS["getJobTimeseries"]


def build(
    project_slug: ProjectSlug | str,
    workflow_name: str,
    *,
    branch: str | None = None,
    end_date: datetime | None = None,
    granularity: TimeseriesGranularity | str | None = None,
    start_date: datetime | None = None,
    page_token: str | None = None,
) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/insights/time-series/{project_path(project_slug)}/workflows/{path_segment('workflow_name', workflow_name)}/jobs",
        query={
            "branch": branch,
            "end-date": end_date,
            "granularity": granularity,
            "start-date": start_date,
            "page-token": page_token,
        },
    )


def parse(answer: Payload) -> Page[models.JobTimeseriesPoint]:
    """Decode the answer."""
    return answer.page(models.JobTimeseriesPoint)
