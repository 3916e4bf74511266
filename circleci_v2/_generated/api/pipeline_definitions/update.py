"""PATCH /projects/{project_id}/pipeline-definitions/{pipeline_definition_id}: updatePipelineDefinition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import given, path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

if TYPE_CHECKING:
    from circleci_v2._generated.models import CheckoutSourceChange, ConfigSourceChange

OPERATION = OPERATIONS["updatePipelineDefinition"]


def build(
    project_id: str,
    pipeline_definition_id: str,
    *,
    name: str | None = None,
    checkout_source: CheckoutSourceChange | Mapping[str, Any] | None = None,
    config_source: ConfigSourceChange | Mapping[str, Any] | None = None,
    description: str | None = None,
) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/projects/{path_segment('project_id', project_id)}/pipeline-definitions/{path_segment('pipeline_definition_id', pipeline_definition_id)}",
        json=given(
            {
                "name": name,
                "checkout_source": checkout_source,
                "config_source": config_source,
                "description": description,
            },
        ),
    )


def parse(answer: Payload) -> models.PipelineDefinition:
    """Decode the answer."""
    return answer.decode(models.PipelineDefinition)
