"""POST /project/{provider}/{organization}/{project}/pipeline/run: triggerPipelineRun."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import given
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.slugs import ProjectSlug, project_path

if TYPE_CHECKING:
    from circleci_v2._generated.models import GitReference

OPERATION = OPERATIONS["triggerPipelineRun"]


def build(
    project_slug: ProjectSlug | str,
    *,
    checkout: GitReference | Mapping[str, Any] | None = None,
    config: GitReference | Mapping[str, Any] | None = None,
    definition_id: UUID | str | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/project/{project_path(project_slug)}/pipeline/run",
        json=given(
            {
                "checkout": checkout,
                "config": config,
                "definition_id": definition_id,
                "parameters": parameters,
            },
        ),
    )


def parse(answer: Payload) -> models.PipelineNotTriggered | models.PipelineCreation:
    """Decode the answer."""
    if answer.status_code == 200:
        return answer.decode(models.PipelineNotTriggered)
    return answer.decode(models.PipelineCreation)
