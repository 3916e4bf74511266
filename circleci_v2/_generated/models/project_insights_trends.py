"""ProjectInsightsTrends."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["ProjectInsightsTrends"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class ProjectInsightsTrends(Model):
    """How a project's figures changed since the preceding window.

    Each value is the current one divided by the previous one: 1.0 means no change, -1.0 means an infinite ratio
    because the previous value is 0.
    """

    success_rate: float
    """Ratio to the preceding window for the success rate; above 1.0 is an improvement."""

    total_credits_used: float
    """Ratio to the preceding window for credits spent; below 1.0 is cheaper."""

    total_duration_secs: float
    """Ratio to the preceding window for the summed duration of runs."""

    total_runs: float
    """Ratio to the preceding window for the number of runs; 2.0 means twice as many."""
