"""JobTimeseriesMetrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.job_timeseries_duration_metrics import JobTimeseriesDurationMetrics

__all__ = ["JobTimeseriesMetrics"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class JobTimeseriesMetrics(Model):
    """Figures of one job's executions within one interval."""

    duration_metrics: JobTimeseriesDurationMetrics
    """Durations of these executions, in seconds."""

    failed_runs: int
    """Number of executions that failed in the interval."""

    median_credits_used: int
    """Median of the credits spent per execution."""

    successful_runs: int
    """Number of executions that succeeded in the interval."""

    throughput: float
    """Executions per day, regardless of the width of the interval."""

    total_credits_used: int
    """Credits spent in the interval, estimated by Insights; not billing data."""

    total_runs: int
    """Number of executions in the interval, including those still running or on hold."""
