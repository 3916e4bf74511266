"""GET /insights/{project-slug}/workflows/{workflow-name}/test-metrics: getProjectWorkflowTestMetrics."""

from __future__ import annotations

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.slugs import ProjectSlug, project_path

OPERATION = OPERATIONS["getProjectWorkflowTestMetrics"]


def build(
    project_slug: ProjectSlug | str, workflow_name: str, *, all_branches: bool | None = None, branch: str | None = None
) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/insights/{project_path(project_slug)}/workflows/{path_segment('workflow_name', workflow_name)}/test-metrics",
        query={
            "all-branches": all_branches,
            "branch": branch,
        },
    )


def parse(answer: Payload) -> models.WorkflowTestMetrics:
    """Decode the answer."""
    return answer.decode(models.WorkflowTestMetrics)
