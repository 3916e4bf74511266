"""JobTimeseriesPoint."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.job_timeseries_metrics import JobTimeseriesMetrics

__all__ = ["JobTimeseriesPoint"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class JobTimeseriesPoint(Model):
    """Metrics of one job in one hour or day."""

    name: str
    """Name of the job; group by it to get one series each."""

    max_ended_at: datetime
    """When the last execution of the interval ended, in UTC."""

    metrics: JobTimeseriesMetrics
    """Figures of the executions in the interval."""

    min_started_at: datetime
    """When the first execution of the interval started, in UTC."""

    timestamp: datetime
    """Start of the interval, in UTC; it lasts an hour or a day, depending on `granularity`."""
