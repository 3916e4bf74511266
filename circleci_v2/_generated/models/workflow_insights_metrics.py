"""WorkflowInsightsMetrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.duration_metrics import DurationMetrics

__all__ = ["WorkflowInsightsMetrics"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class WorkflowInsightsMetrics(Model):
    """Figures of a workflow's runs in the reporting window."""

    duration_metrics: DurationMetrics
    """Durations of completed runs, in seconds."""

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

    total_recoveries: int | None
    """Failed runs that were followed by a success, per day; null when not computed."""

    total_runs: int
    """Number of runs in the window, including those still running or on hold."""
