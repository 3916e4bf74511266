"""WorkflowInsightsSummary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.workflow_insights_summary_metrics import WorkflowInsightsSummaryMetrics
    from circleci_v2._generated.models.workflow_insights_summary_trends import WorkflowInsightsSummaryTrends

__all__ = ["WorkflowInsightsSummary"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class WorkflowInsightsSummary(Model):
    """Metrics of a workflow together with their change."""

    metrics: WorkflowInsightsSummaryMetrics
    """Figures of the current window."""

    trends: WorkflowInsightsSummaryTrends
    """The same figures relative to the preceding window."""

    workflow_names: list[str]
    """All workflows of the project for which Insights has data, not only the requested one."""
