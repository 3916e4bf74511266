"""WorkflowInsightsSummary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.workflow_insights_summary_metrics import WorkflowInsightsSummaryMetrics
    from circleci_v2._generated.models.workflow_insights_summary_trends import WorkflowInsightsSummaryTrends

__all__ = ["WorkflowInsightsSummary"]


@define(kw_only=True, weakref_slot=False)
class WorkflowInsightsSummary(Model):
    """Metrics of a workflow together with their change."""

    metrics: WorkflowInsightsSummaryMetrics
    """Figures of a workflow over the window that `window_start` and `window_end` delimit."""

    trends: WorkflowInsightsSummaryTrends
    """How a workflow's metrics changed since the preceding window. Each value is the current one divided by the
    previous one: 1.0 means no change, -1.0 stands for an infinite ratio, the previous value being 0."""

    workflow_names: list[str]
    """All workflows of the project that Insights knows, not just the one asked for."""
