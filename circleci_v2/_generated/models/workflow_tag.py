"""WorkflowTag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["WorkflowTag"]


class WorkflowTag(OpenStrEnum):
    """Special role of a workflow.

    `setup`: it generates the configuration for the rest of the pipeline.
    """

    SETUP = "setup"

    if TYPE_CHECKING:
        # Stands for all other values, so that a `match` that handles each published value is not taken for complete.
        _UNPUBLISHED = str()
