"""POST /project/{project-slug}/envvar: createEnvVar."""

from __future__ import annotations

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.slugs import ProjectSlug, project_path

OPERATION = OPERATIONS["createEnvVar"]


def build(project_slug: ProjectSlug | str, *, name: str, value: str) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/project/{project_path(project_slug)}/envvar",
        json={
            "name": name,
            "value": value,
        },
    )


def parse(answer: Payload) -> models.ProjectEnvironmentVariable:
    """Decode the answer."""
    return answer.decode(models.ProjectEnvironmentVariable)
