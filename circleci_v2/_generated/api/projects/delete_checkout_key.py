"""DELETE /project/{project-slug}/checkout-key/{fingerprint}: deleteCheckoutKey."""

from __future__ import annotations

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.slugs import ProjectSlug, project_path

OPERATION = OPERATIONS["deleteCheckoutKey"]


def build(project_slug: ProjectSlug | str, fingerprint: str) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/project/{project_path(project_slug)}/checkout-key/{path_segment('fingerprint', fingerprint)}",
    )


def parse(answer: Payload) -> models.MessageResponse:
    """Decode the answer."""
    return answer.decode(models.MessageResponse)
