"""POST /projects/{project_id}/pipeline-definitions: createPipelineDefinition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import given, path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

if TYPE_CHECKING:
    from circleci_v2._generated.models import (
        CheckoutSourceInput,
        CircleciConfigSourceInput,
        RepositoryConfigSourceInput,
    )

OPERATION = OPERATIONS["createPipelineDefinition"]


def build(
    project_id: str,
    *,
    name: str,
    checkout_source: CheckoutSourceInput | Mapping[str, Any],
    config_source: RepositoryConfigSourceInput | CircleciConfigSourceInput | Mapping[str, Any],
    description: str | None = None,
) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/projects/{path_segment('project_id', project_id)}/pipeline-definitions",
        json={
            "name": name,
            "checkout_source": checkout_source,
            "config_source": config_source,
            **given(
                {
                    "description": description,
                },
            ),
        },
    )


def parse(answer: Payload) -> models.PipelineDefinition:
    """Decode the answer."""
    return answer.decode(models.PipelineDefinition)
