"""GET /insights/{project-slug}/workflows/{workflow-name}/jobs: getProjectWorkflowJobMetrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.pagination import Page
from circleci_v2.slugs import ProjectSlug, project_path

if TYPE_CHECKING:
    from circleci_v2._generated.models import ReportingWindow

OPERATION = OPERATIONS["getProjectWorkflowJobMetrics"]


def build(
    project_slug: ProjectSlug | str,
    workflow_name: str,
    *,
    all_branches: bool | None = None,
    branch: str | None = None,
    job_name: str | None = None,
    reporting_window: ReportingWindow | str | None = None,
    page_token: str | None = None,
) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/insights/{project_path(project_slug)}/workflows/{path_segment('workflow_name', workflow_name)}/jobs",
        query={
            "all-branches": all_branches,
            "branch": branch,
            "job-name": job_name,
            "reporting-window": reporting_window,
            "page-token": page_token,
        },
    )


def parse(answer: Payload) -> Page[models.JobInsights]:
    """Decode the answer."""
    return answer.page(models.JobInsights)
