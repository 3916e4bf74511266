"""POST /projects/{project_id}/pipeline-definitions/{pipeline_definition_id}/triggers: createTrigger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import given, path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

if TYPE_CHECKING:
    from circleci_v2._generated.models import TriggerEventPreset, TriggerEventSourceInput

OPERATION = OPERATIONS["createTrigger"]


def build(
    project_id: str,
    pipeline_definition_id: str,
    *,
    event_source: TriggerEventSourceInput | Mapping[str, Any],
    checkout_ref: str | None = None,
    config_ref: str | None = None,
    disabled: bool | None = None,
    event_name: str | None = None,
    event_preset: TriggerEventPreset | str | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/projects/{path_segment('project_id', project_id)}/pipeline-definitions/{path_segment('pipeline_definition_id', pipeline_definition_id)}/triggers",
        json={
            "event_source": event_source,
            **given(
                {
                    "checkout_ref": checkout_ref,
                    "config_ref": config_ref,
                    "disabled": disabled,
                    "event_name": event_name,
                    "event_preset": event_preset,
                    "parameters": parameters,
                },
            ),
        },
    )


def parse(answer: Payload) -> models.Trigger:
    """Decode the answer."""
    return answer.decode(models.Trigger)
