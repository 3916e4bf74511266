"""TimeseriesGranularity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["TimeseriesGranularity"]


class TimeseriesGranularity(OpenStrEnum):
    """Width of the intervals of a time series.

    `hourly` reaches back about 48 hours, `daily` 90 days.
    """

    DAILY = "daily"
    HOURLY = "hourly"

    if TYPE_CHECKING:
        # Stands for all other values, so that a `match` that handles each published value is not taken for complete.
        _UNPUBLISHED = str()
