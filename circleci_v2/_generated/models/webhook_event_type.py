"""WebhookEventType."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["WebhookEventType"]


class WebhookEventType(OpenStrEnum):
    """Event that a webhook delivers: the end of a job or the end of a workflow, with any outcome.

    A test sent from the project settings arrives as `ping`, which cannot be chosen here.
    """

    JOB_COMPLETED = "job-completed"
    WORKFLOW_COMPLETED = "workflow-completed"

    if TYPE_CHECKING:
        # Stands for all other values, so that a `match` that handles each published value is not taken for complete.
        _UNPUBLISHED = str()
