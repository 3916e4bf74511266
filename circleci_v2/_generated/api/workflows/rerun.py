"""POST /workflow/{id}/rerun: rerunWorkflow."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import given, path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

OPERATION = OPERATIONS["rerunWorkflow"]


def build(
    workflow_id: UUID | str,
    *,
    enable_ssh: bool | None = None,
    from_failed: bool | None = None,
    jobs: Sequence[UUID | str] | None = None,
    sparse_tree: bool | None = None,
) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/workflow/{path_segment('workflow_id', workflow_id)}/rerun",
        json=given(
            {
                "enable_ssh": enable_ssh,
                "from_failed": from_failed,
                "jobs": jobs,
                "sparse_tree": sparse_tree,
            },
        ),
    )


def parse(answer: Payload) -> models.WorkflowRerun:
    """Decode the answer."""
    return answer.decode(models.WorkflowRerun)
