"""WorkflowTag."""

from __future__ import annotations

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["WorkflowTag"]


class WorkflowTag(OpenStrEnum):
    """Special role of a workflow.

    `setup`: it generates the configuration for the rest of the pipeline.
    """

    SETUP = "setup"
