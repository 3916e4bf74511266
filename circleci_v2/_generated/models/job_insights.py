"""JobInsights."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.job_insights_metrics import JobInsightsMetrics

__all__ = ["JobInsights"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class JobInsights(Model):
    """Aggregate metrics of one job of a workflow."""

    name: str
    """Name of the job as it appears in the workflow."""

    metrics: JobInsightsMetrics
    """Figures for the executions between `window_start` and `window_end`."""

    window_end: datetime
    """Time of the latest aggregated run, in UTC; Insights lags by up to 24 hours."""

    window_start: datetime
    """Time of the earliest aggregated run, in UTC; may be later than the start of the requested window."""
