"""TimetableChange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.month import Month
    from circleci_v2._generated.models.weekday import Weekday

__all__ = ["TimetableChange"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class TimetableChange(Model):
    """New times of a schedule, by weekday or by day of the month, not both."""

    days_of_month: list[int] | None = field(default=None, metadata={"key": "days-of-month"})
    """Days to trigger on, 1 to 31, in UTC; cannot be combined with `days-of-week`."""

    days_of_week: list[Weekday] | None = field(default=None, metadata={"key": "days-of-week"})
    """Weekdays to trigger on, in UTC; cannot be combined with `days-of-month`."""

    hours_of_day: list[int] | None = field(default=None, metadata={"key": "hours-of-day"})
    """Hours to trigger in, 0 to 23 in UTC (24 is accepted too); daylight saving time is not applied."""

    months: list[Month] | None = None
    """Months to trigger in. Default: every month."""

    per_hour: int | None = field(default=None, metadata={"key": "per-hour"})
    """Number of runs within each of these hours, 1 to 60; CircleCI picks the minutes."""
