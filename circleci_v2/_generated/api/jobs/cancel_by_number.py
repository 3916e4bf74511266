"""POST /project/{project-slug}/job/{job-number}/cancel: cancelJobByJobNumber."""

from __future__ import annotations

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.slugs import ProjectSlug, project_path

OPERATION = OPERATIONS["cancelJobByJobNumber"]


def build(project_slug: ProjectSlug | str, job_number: int) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/project/{project_path(project_slug)}/job/{path_segment('job_number', job_number)}/cancel",
    )


def parse(answer: Payload) -> models.MessageResponse:
    """Decode the answer."""
    return answer.decode(models.MessageResponse)
