"""WorkflowInsightsSummaryTrends."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["WorkflowInsightsSummaryTrends"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class WorkflowInsightsSummaryTrends(Model):
    """How a workflow's metrics changed since the preceding window.

    Each value is the current one divided by the previous one: 1.0 means no change, -1.0 means an infinite ratio
    because the previous value is 0.
    """

    failed_runs: float
    """Ratio to the preceding window for the number of failed runs; below 1.0 is an improvement."""

    median_duration_secs: float
    """Ratio of the median duration to the median of the preceding window's daily medians; above 1.0 is slower."""

    mttr: float
    """Ratio to the preceding window for the mean time to recovery; a window without failures is counted as 0."""

    p95_duration_secs: float
    """Ratio of the 95th percentile duration to the highest daily (for 24 hours: hourly) one of the preceding
    window; above 1.0 is slower."""

    success_rate: float
    """Ratio to the preceding window for the success rate; above 1.0 is an improvement."""

    throughput: float
    """Ratio to the preceding window for runs per day."""

    total_credits_used: float
    """Ratio to the preceding window for credits spent; below 1.0 is cheaper."""

    total_runs: float
    """Ratio to the preceding window for the number of runs; 2.0 means twice as many."""
