"""WorkflowTestRun."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.workflow_test_counts import WorkflowTestCounts

__all__ = ["WorkflowTestRun"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class WorkflowTestRun(Model):
    """Test results of one workflow run."""

    pipeline_number: int
    """Number of the pipeline in its project, for `pipelines.get_by_number`."""

    success_rate: float
    """Share of the run's tests that passed, from 0 to 1."""

    test_counts: WorkflowTestCounts
    """Number of tests by outcome."""

    workflow_id: UUID
    """UUID of the run, for `workflows.get`."""
