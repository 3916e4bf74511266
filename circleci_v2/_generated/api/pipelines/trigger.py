"""POST /project/{project-slug}/pipeline: triggerPipeline."""

from __future__ import annotations

from collections.abc import Mapping

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import given
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.slugs import ProjectSlug, project_path

OPERATION = OPERATIONS["triggerPipeline"]


def build(
    project_slug: ProjectSlug | str,
    *,
    branch: str | None = None,
    parameters: Mapping[str, int | str | bool] | None = None,
    tag: str | None = None,
) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/project/{project_path(project_slug)}/pipeline",
        json=given(
            {
                "branch": branch,
                "parameters": parameters,
                "tag": tag,
            },
        ),
    )


def parse(answer: Payload) -> models.PipelineCreation:
    """Decode the answer."""
    return answer.decode(models.PipelineCreation)
