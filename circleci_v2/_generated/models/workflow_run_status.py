"""WorkflowRunStatus."""

from __future__ import annotations

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["WorkflowRunStatus"]


class WorkflowRunStatus(OpenStrEnum):
    """How a workflow run ended.

    `error` means it could not be run as configured; `unauthorized`, that someone lacked the right to run it,
    for example to use a context. Only end states occur: running and waiting workflows are seen through
    `workflows.get`.
    """

    CANCELED = "canceled"
    ERROR = "error"
    FAILED = "failed"
    SUCCESS = "success"
    UNAUTHORIZED = "unauthorized"
