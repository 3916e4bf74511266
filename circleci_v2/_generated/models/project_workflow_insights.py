"""ProjectWorkflowInsights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.project_workflow_insights_metrics import ProjectWorkflowInsightsMetrics
    from circleci_v2._generated.models.project_workflow_insights_trends import ProjectWorkflowInsightsTrends

__all__ = ["ProjectWorkflowInsights"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class ProjectWorkflowInsights(Model):
    """Metrics of a workflow over its branches, with their change."""

    metrics: ProjectWorkflowInsightsMetrics
    """Figures of the workflow, aggregated over its branches."""

    trends: ProjectWorkflowInsightsTrends
    """The same figures relative to the preceding window."""

    workflow_name: str
    """Name of the workflow, unique in the list."""
