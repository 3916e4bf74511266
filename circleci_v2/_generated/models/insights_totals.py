"""InsightsTotals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.insights_totals_metrics import InsightsTotalsMetrics
    from circleci_v2._generated.models.insights_totals_trends import InsightsTotalsTrends

__all__ = ["InsightsTotals"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class InsightsTotals(Model):
    """Overall metrics of a project or an organization, with their change."""

    metrics: InsightsTotalsMetrics
    """Sums and averages over the reporting window."""

    trends: InsightsTotalsTrends
    """The same figures relative to the preceding window."""
