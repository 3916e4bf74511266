"""ProjectWorkflowBranchInsights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.project_workflow_insights_metrics import ProjectWorkflowInsightsMetrics
    from circleci_v2._generated.models.project_workflow_insights_trends import ProjectWorkflowInsightsTrends

__all__ = ["ProjectWorkflowBranchInsights"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class ProjectWorkflowBranchInsights(Model):
    """Metrics of a workflow on one branch, with their change."""

    branch: str
    """Branch that triggered the runs."""

    metrics: ProjectWorkflowInsightsMetrics
    """Figures of the workflow on this branch."""

    trends: ProjectWorkflowInsightsTrends
    """The same figures relative to the preceding window."""

    workflow_name: str
    """Name of the workflow; the same name occurs once per branch."""
