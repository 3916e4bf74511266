"""WorkflowStatus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["WorkflowStatus"]


class WorkflowStatus(OpenStrEnum):
    """State of a workflow.

    Final: `success`; `failed` (a job failed); `error` (CircleCI could not start or run it); `canceled`;
    `unauthorized` (a job was denied a restricted context or another permission); `not_run` (it had nothing to
    run). Not final: `running`; `failing` (a job failed, others still run); `on_hold` (waits for an approval).
    Treat every other value as not final, for example `queued` for a workflow that waits for a serial group.
    """

    CANCELED = "canceled"
    ERROR = "error"
    FAILED = "failed"
    FAILING = "failing"
    NOT_RUN = "not_run"
    ON_HOLD = "on_hold"
    RUNNING = "running"
    SUCCESS = "success"
    UNAUTHORIZED = "unauthorized"

    if TYPE_CHECKING:
        # Stands for all other values, so that a `match` that handles each published value is not taken for complete.
        _UNPUBLISHED = str()
