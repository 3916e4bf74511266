"""GET /insights/pages/{project-slug}/summary: getProjectWorkflowsPageData."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.slugs import ProjectSlug, project_path

if TYPE_CHECKING:
    from circleci_v2._generated.models import ReportingWindow

OPERATION = OPERATIONS["getProjectWorkflowsPageData"]


def build(
    project_slug: ProjectSlug | str,
    *,
    branches: Sequence[str] | None = None,
    reporting_window: ReportingWindow | str | None = None,
    workflow_names: Sequence[str] | None = None,
) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/insights/pages/{project_path(project_slug)}/summary",
        query={
            "branches": branches,
            "reporting-window": reporting_window,
            "workflow-names": workflow_names,
        },
    )


def parse(answer: Payload) -> models.ProjectInsightsSummary:
    """Decode the answer."""
    return answer.decode(models.ProjectInsightsSummary)
