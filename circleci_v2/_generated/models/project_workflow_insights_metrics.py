"""ProjectWorkflowInsightsMetrics."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["ProjectWorkflowInsightsMetrics"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class ProjectWorkflowInsightsMetrics(Model):
    """Figures of a workflow, on one branch or on all."""

    p95_duration_secs: float
    """95th percentile of the durations of the runs, in seconds."""

    success_rate: float
    """Share of runs that succeeded, from 0 to 1. CircleCI's sources conflict on canceled runs: its Insights guide
    counts them, its glossary leaves them out."""

    total_credits_used: int
    """Credits spent in the window, estimated by Insights; not billing data."""

    total_runs: int
    """Number of runs in the window, including those still running or on hold."""
