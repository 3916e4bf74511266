"""WorkflowInsights."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.workflow_insights_metrics import WorkflowInsightsMetrics

__all__ = ["WorkflowInsights"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class WorkflowInsights(Model):
    """Aggregate metrics of one workflow."""

    name: str
    """Name of the workflow, to pass to the other Insights calls."""

    metrics: WorkflowInsightsMetrics
    """Figures for the runs between `window_start` and `window_end`."""

    project_id: UUID
    """UUID of the project; `projects.get` returns the same one as `id`."""

    window_end: datetime
    """Time of the latest aggregated run, in UTC; Insights lags by up to 24 hours."""

    window_start: datetime
    """Time of the earliest aggregated run, in UTC; may be later than the start of the requested window."""
