"""DurationMetrics."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["DurationMetrics"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class DurationMetrics(Model):
    """Spread of the durations of workflow or job runs, in seconds.

    Values are null when no run completed.
    """

    max: int | None
    """Longest run, in seconds."""

    mean: int | None
    """Arithmetic mean, in seconds; a few very long runs pull it up, so prefer `median`."""

    median: int | None
    """Duration that half of the runs stayed below, in seconds."""

    min: int | None
    """Shortest run, in seconds."""

    p95: int | None
    """95th percentile of the durations, in seconds: the longest run if outliers are disregarded."""

    standard_deviation: float | None
    """How far durations scatter around `mean`, in seconds; 0 for a single run."""
