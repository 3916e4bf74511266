"""InsightsTotals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.insights_totals_metrics import InsightsTotalsMetrics
    from circleci_v2._generated.models.insights_totals_trends import InsightsTotalsTrends

__all__ = ["InsightsTotals"]


@define(kw_only=True, weakref_slot=False)
class InsightsTotals(Model):
    """Overall metrics of a project or an organization, with their change."""

    metrics: InsightsTotalsMetrics
    """Figures summed over every workflow and branch of a project, or over the projects of an organization."""

    trends: InsightsTotalsTrends
    """How the totals changed since the preceding window. Each value is the current one divided by the previous
    one: 1.0 means no change, -1.0 stands for an infinite ratio, the previous value being 0."""
