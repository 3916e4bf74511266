"""WorkflowInsightsSummaryMetrics."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.duration_metrics import DurationMetrics

__all__ = ["WorkflowInsightsSummaryMetrics"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class WorkflowInsightsSummaryMetrics(Model):
    """Figures of a workflow over the window that `window_start` and `window_end` delimit."""

    completed_runs: int | None
    """Number of runs that ended, unlike `total_runs`, which includes waiting ones; null when not computed."""

    duration_metrics: DurationMetrics
    """Durations of the completed runs, in seconds."""

    failed_runs: int
    """Number of runs that ended in failure; together with the successful runs they need not add up to
    `total_runs`."""

    mttr: int | None
    """Mean time to recovery, in seconds: from a failed run to the next successful one. Null or 0 when nothing
    failed."""

    success_rate: float
    """Share of runs that succeeded, from 0 to 1. CircleCI's sources conflict on canceled runs: its Insights guide
    counts them, its glossary leaves them out."""

    successful_runs: int
    """Number of runs that ended with the status `success`."""

    throughput: float
    """Runs per day, averaged over the window; runs of every status count."""

    total_credits_used: int | None
    """Credits spent in the window, estimated by Insights; not billing data. Null when unknown."""

    total_runs: int
    """Number of runs in the window, including those still running or on hold."""

    window_end: datetime
    """Time of the latest aggregated run, in UTC; Insights lags by up to 24 hours."""

    window_start: datetime
    """Time of the earliest aggregated run, in UTC; may be later than the start of the requested window."""
