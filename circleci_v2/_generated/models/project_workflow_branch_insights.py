"""ProjectWorkflowBranchInsights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.project_workflow_insights_metrics import ProjectWorkflowInsightsMetrics
    from circleci_v2._generated.models.project_workflow_insights_trends import ProjectWorkflowInsightsTrends

__all__ = ["ProjectWorkflowBranchInsights"]


@define(kw_only=True, weakref_slot=False)
class ProjectWorkflowBranchInsights(Model):
    """Metrics of a workflow on one branch, with their change."""

    branch: str
    """Branch that triggered the runs."""

    metrics: ProjectWorkflowInsightsMetrics
    """Figures of a workflow, on one branch or on all."""

    trends: ProjectWorkflowInsightsTrends
    """How a workflow's figures, on one branch or on all, changed since the preceding window. Each value is the
    current one divided by the previous one: 1.0 means no change, -1.0 stands for an infinite ratio, the
    previous value being 0."""

    workflow_name: str
    """Name of the workflow; the same name occurs once per branch."""
