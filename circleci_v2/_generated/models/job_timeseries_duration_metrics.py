"""JobTimeseriesDurationMetrics."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["JobTimeseriesDurationMetrics"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class JobTimeseriesDurationMetrics(Model):
    """Spread of the durations of one job within one interval, in seconds.

    Values are null when no execution completed.
    """

    max: int | None
    """Longest execution, in seconds."""

    median: int | None
    """Duration that half of the executions stayed below, in seconds."""

    min: int | None
    """Shortest execution, in seconds."""

    p95: int | None
    """95th percentile of the durations, in seconds."""

    total: int | None
    """Sum of the durations of all executions, in seconds."""
