"""OrganizationInsightsSummary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.insights_totals import InsightsTotals
    from circleci_v2._generated.models.project_insights import ProjectInsights

__all__ = ["OrganizationInsightsSummary"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class OrganizationInsightsSummary(Model):
    """Metrics and trends of an organization, in total and by project."""

    all_projects: list[str] | None
    """Names of every project of the organization, the possible values of `project_names`; null when CircleCI does
    not provide them."""

    org_data: InsightsTotals
    """Totals over the projects reported."""

    org_project_data: list[ProjectInsights]
    """Figures by project, limited to `project_names` if those were passed."""
