"""WorkflowJobType."""

from __future__ import annotations

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["WorkflowJobType"]


class WorkflowJobType(OpenStrEnum):
    """Whether a job executes steps (`build`) or waits for a person (`approval`)."""

    APPROVAL = "approval"
    BUILD = "build"
