"""JobInsightsMetrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.duration_metrics import DurationMetrics

__all__ = ["JobInsightsMetrics"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class JobInsightsMetrics(Model):
    """Figures of a job's executions in the reporting window."""

    duration_metrics: DurationMetrics
    """Durations of completed executions, in seconds."""

    failed_runs: int
    """Number of executions that failed."""

    success_rate: float
    """Share of executions that succeeded, from 0 to 1. CircleCI's sources conflict on canceled executions: its
    Insights guide counts them, its glossary leaves them out."""

    successful_runs: int
    """Number of executions that ended with the status `success`."""

    throughput: float
    """Executions per day, averaged over the window."""

    total_credits_used: int
    """Credits spent in the window, estimated by Insights; not billing data."""

    total_runs: int
    """Number of executions in the window, including those still running or on hold."""
