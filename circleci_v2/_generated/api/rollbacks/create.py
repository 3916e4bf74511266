"""POST /projects/{project_id}/rollback: rollbackProject."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import given, path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

OPERATION = OPERATIONS["rollbackProject"]


def build(
    project_id: str,
    *,
    component_name: str,
    current_version: str,
    environment_name: str,
    target_version: str,
    namespace: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    reason: str | None = None,
) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/projects/{path_segment('project_id', project_id)}/rollback",
        json={
            "component_name": component_name,
            "current_version": current_version,
            "environment_name": environment_name,
            "target_version": target_version,
            **given(
                {
                    "namespace": namespace,
                    "parameters": parameters,
                    "reason": reason,
                },
            ),
        },
    )


def parse(answer: Payload) -> models.Rollback:
    """Decode the answer."""
    return answer.decode(models.Rollback)
