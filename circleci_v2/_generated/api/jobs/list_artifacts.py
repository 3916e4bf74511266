"""GET /project/{project-slug}/{job-number}/artifacts: getJobArtifacts."""

from __future__ import annotations

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.pagination import Page
from circleci_v2.slugs import ProjectSlug, project_path

OPERATION = OPERATIONS["getJobArtifacts"]


def build(project_slug: ProjectSlug | str, job_number: int, *, page_token: str | None = None) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/project/{project_path(project_slug)}/{path_segment('job_number', job_number)}/artifacts",
        query={
            "page-token": page_token,
        },
    )


def parse(answer: Payload) -> Page[models.Artifact]:
    """Decode the answer."""
    return answer.page(models.Artifact)
