"""ProjectInsightsSummary."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.insights_totals import InsightsTotals
    from circleci_v2._generated.models.project_workflow_branch_insights import ProjectWorkflowBranchInsights
    from circleci_v2._generated.models.project_workflow_insights import ProjectWorkflowInsights

__all__ = ["ProjectInsightsSummary"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class ProjectInsightsSummary(Model):
    """Metrics and trends of a project: in total, by workflow, and by workflow and branch."""

    all_branches: list[str] | None = None
    """Every branch of the project for which Insights has data: the possible values of `branches`."""

    all_workflows: list[str] | None = None
    """Every workflow of the project for which Insights has data: the possible values of `workflow_names`."""

    org_id: UUID | None = None
    """UUID of the organization that owns the project."""

    project_data: InsightsTotals | None = None
    """Totals over all workflows and branches."""

    project_id: UUID | None = None
    """UUID of the project; `projects.get` returns the same one as `id`."""

    project_workflow_branch_data: list[ProjectWorkflowBranchInsights] | None = None
    """Figures for each combination of workflow and branch."""

    project_workflow_data: list[ProjectWorkflowInsights] | None = None
    """Figures for each workflow, aggregated over its branches."""
