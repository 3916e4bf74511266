"""PATCH /project/{provider}/{organization}/{project}/settings: patchProjectSettings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import given
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.slugs import ProjectSlug, project_path

if TYPE_CHECKING:
    from circleci_v2._generated.models import AdvancedProjectSettings

OPERATION = OPERATIONS["patchProjectSettings"]


def build(
    project_slug: ProjectSlug | str, *, advanced: AdvancedProjectSettings | Mapping[str, Any] | None = None
) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/project/{project_path(project_slug)}/settings",
        json=given(
            {
                "advanced": advanced,
            },
        ),
    )


def parse(answer: Payload) -> models.ProjectSettings:
    """Decode the answer."""
    return answer.decode(models.ProjectSettings)
