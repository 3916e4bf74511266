"""GET /insights/{project-slug}/branches: getAllInsightsBranches."""

from __future__ import annotations

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.slugs import ProjectSlug, project_path

OPERATION = OPERATIONS["getAllInsightsBranches"]


def build(project_slug: ProjectSlug | str, *, workflow_name: str | None = None) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/insights/{project_path(project_slug)}/branches",
        query={
            "workflow-name": workflow_name,
        },
    )


def parse(answer: Payload) -> models.InsightsBranches:
    """Decode the answer."""
    return answer.decode(models.InsightsBranches)
