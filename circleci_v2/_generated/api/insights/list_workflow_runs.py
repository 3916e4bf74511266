"""GET /insights/{project-slug}/workflows/{workflow-name}: getProjectWorkflowRuns."""

from __future__ import annotations

from datetime import datetime

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.pagination import Page
from circleci_v2.slugs import ProjectSlug, project_path

OPERATION = OPERATIONS["getProjectWorkflowRuns"]


def build(
    project_slug: ProjectSlug | str,
    workflow_name: str,
    *,
    all_branches: bool | None = None,
    branch: str | None = None,
    end_date: datetime | None = None,
    start_date: datetime | None = None,
    page_token: str | None = None,
) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/insights/{project_path(project_slug)}/workflows/{path_segment('workflow_name', workflow_name)}",
        query={
            "all-branches": all_branches,
            "branch": branch,
            "end-date": end_date,
            "start-date": start_date,
            "page-token": page_token,
        },
    )


def parse(answer: Payload) -> Page[models.WorkflowRun]:
    """Decode the answer."""
    return answer.page(models.WorkflowRun)
