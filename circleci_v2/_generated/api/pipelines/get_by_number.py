"""GET /project/{project-slug}/pipeline/{pipeline-number}: getPipelineByNumber."""

from __future__ import annotations

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.slugs import ProjectSlug, project_path

OPERATION = OPERATIONS["getPipelineByNumber"]


def build(project_slug: ProjectSlug | str, pipeline_number: int) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/project/{project_path(project_slug)}/pipeline/{path_segment('pipeline_number', pipeline_number)}",
    )


def parse(answer: Payload) -> models.Pipeline:
    """Decode the answer."""
    return answer.decode(models.Pipeline)
