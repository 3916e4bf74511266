"""TimetableByDayOfMonth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.month import Month
    from circleci_v2._generated.models.weekday import Weekday

__all__ = ["TimetableByDayOfMonth"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class TimetableByDayOfMonth(Model):
    """Times specified by day of the month and hour."""

    days_of_month: list[int] = field(metadata={"key": "days-of-month"})
    """Days to trigger on, 1 to 31, in UTC; use days below 29 for runs in every month."""

    hours_of_day: list[int] = field(metadata={"key": "hours-of-day"})
    """Hours to trigger in, 0 to 23 in UTC (24 is accepted too); daylight saving time is not applied."""

    per_hour: int = field(metadata={"key": "per-hour"})
    """Number of runs within each of these hours, 1 to 60; CircleCI picks the minutes."""

    days_of_week: list[Weekday] | None = field(default=None, metadata={"key": "days-of-week"})
    """Leave it out: it cannot be combined with `days-of-month`."""

    months: list[Month] | None = None
    """Months to trigger in. Default: every month."""
