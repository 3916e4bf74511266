"""POST /project/{provider}/{organization}/{project}: createProject1."""

from __future__ import annotations

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.slugs import ProjectSlug, project_path

OPERATION = OPERATIONS["createProject1"]


def build(project_slug: ProjectSlug | str) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/project/{project_path(project_slug)}",
    )


def parse(answer: Payload) -> models.ProjectSettings:
    """Decode the answer."""
    return answer.decode(models.ProjectSettings)
