"""GET /project/{project-slug}/schedule: listSchedulesForProject."""

from __future__ import annotations

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.pagination import Page
from circleci_v2.slugs import ProjectSlug, project_path

OPERATION = OPERATIONS["listSchedulesForProject"]


def build(project_slug: ProjectSlug | str, *, page_token: str | None = None) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/project/{project_path(project_slug)}/schedule",
        query={
            "page-token": page_token,
        },
    )


def parse(answer: Payload) -> Page[models.Schedule]:
    """Decode the answer."""
    return answer.page(models.Schedule)
