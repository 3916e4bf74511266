"""ReportingWindow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["ReportingWindow"]


class ReportingWindow(OpenStrEnum):
    """Time range that Insights aggregates, counted back from now.

    Windows of 60 and 90 days have no trends; Insights keeps data for 90 days only.
    """

    LAST_24_HOURS = "last-24-hours"
    LAST_7_DAYS = "last-7-days"
    LAST_30_DAYS = "last-30-days"
    LAST_60_DAYS = "last-60-days"
    LAST_90_DAYS = "last-90-days"

    if TYPE_CHECKING:
        # Stands for all other values, so that a `match` that handles each published value is not taken for complete.
        _UNPUBLISHED = str()
