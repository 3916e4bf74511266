"""WorkflowJobType."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["WorkflowJobType"]


class WorkflowJobType(OpenStrEnum):
    """Whether a job executes steps (`build`) or waits for a person (`approval`)."""

    APPROVAL = "approval"
    BUILD = "build"

    if TYPE_CHECKING:
        # Stands for all other values, so that a `match` that handles each published value is not taken for complete.
        _UNPUBLISHED = str()
