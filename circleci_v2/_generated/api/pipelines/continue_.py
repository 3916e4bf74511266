"""POST /pipeline/continue: continuePipeline."""

from __future__ import annotations

from collections.abc import Mapping

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import given
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

OPERATION = OPERATIONS["continuePipeline"]


def build(
    *, configuration: str, continuation_key: str, parameters: Mapping[str, int | str | bool] | None = None
) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        "/pipeline/continue",
        json={
            "configuration": configuration,
            "continuation-key": continuation_key,
            **given(
                {
                    "parameters": parameters,
                },
            ),
        },
    )


def parse(answer: Payload) -> models.MessageResponse:
    """Decode the answer."""
    return answer.decode(models.MessageResponse)
