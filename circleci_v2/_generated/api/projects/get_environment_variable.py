"""GET /project/{project-slug}/envvar/{name}: getEnvVar."""

from __future__ import annotations

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.slugs import ProjectSlug, project_path

OPERATION = OPERATIONS["getEnvVar"]


def build(project_slug: ProjectSlug | str, name: str) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/project/{project_path(project_slug)}/envvar/{path_segment('name', name)}",
    )


def parse(answer: Payload) -> models.ProjectEnvironmentVariable:
    """Decode the answer."""
    return answer.decode(models.ProjectEnvironmentVariable)
