"""ProjectInsights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.project_insights_metrics import ProjectInsightsMetrics
    from circleci_v2._generated.models.project_insights_trends import ProjectInsightsTrends

__all__ = ["ProjectInsights"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class ProjectInsights(Model):
    """Metrics of one project within its organization, with their change."""

    metrics: ProjectInsightsMetrics
    """Figures over all branches and workflows of the project."""

    project_name: str
    """Name of the project without organization; not a slug to call other operations with."""

    trends: ProjectInsightsTrends
    """The same figures relative to the preceding window."""
