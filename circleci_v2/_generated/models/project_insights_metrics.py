"""ProjectInsightsMetrics."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["ProjectInsightsMetrics"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class ProjectInsightsMetrics(Model):
    """Figures of a project over all its branches and workflows."""

    success_rate: float
    """Share of runs that succeeded, from 0 to 1. CircleCI's sources conflict on canceled runs: its Insights guide
    counts them, its glossary leaves them out."""

    total_credits_used: int
    """Credits spent in the window, estimated by Insights; not billing data."""

    total_duration_secs: int
    """Sum of the durations of all runs, in seconds; parallel runs count in full."""

    total_runs: int
    """Number of runs in the window, including those still running or on hold."""
