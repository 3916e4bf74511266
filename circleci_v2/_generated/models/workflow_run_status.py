"""WorkflowRunStatus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["WorkflowRunStatus"]


class WorkflowRunStatus(OpenStrEnum):
    """Final status of a workflow run.

    `error`: an internal error occurred when a job was started; `unauthorized`: a user lacked the permission to
    run it, for example to use a context. Only final statuses occur: use `workflows.get` for running and waiting
    workflows.
    """

    CANCELED = "canceled"
    ERROR = "error"
    FAILED = "failed"
    SUCCESS = "success"
    UNAUTHORIZED = "unauthorized"

    if TYPE_CHECKING:
        # Stands for all other values, so that a `match` that handles each published value is not taken for complete.
        _UNPUBLISHED = str()
