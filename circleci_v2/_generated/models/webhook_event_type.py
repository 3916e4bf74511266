"""WebhookEventType."""

from __future__ import annotations

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["WebhookEventType"]


class WebhookEventType(OpenStrEnum):
    """What a webhook reports: the end of a job or the end of a workflow, whatever the outcome.

    A test sent from the project settings arrives as `ping`, which cannot be chosen here.
    """

    JOB_COMPLETED = "job-completed"
    WORKFLOW_COMPLETED = "workflow-completed"
