"""TimetableByDayOfWeek."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.month import Month
    from circleci_v2._generated.models.weekday import Weekday

__all__ = ["TimetableByDayOfWeek"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class TimetableByDayOfWeek(Model):
    """Times specified by weekday and hour."""

    days_of_week: list[Weekday] = field(metadata={"key": "days-of-week"})
    """Weekdays to trigger on, in UTC, for example `["MON", "THU"]`."""

    hours_of_day: list[int] = field(metadata={"key": "hours-of-day"})
    """Hours to trigger in, 0 to 23 in UTC (24 is accepted too); daylight saving time is not applied."""

    per_hour: int = field(metadata={"key": "per-hour"})
    """Number of runs within each of these hours, 1 to 60; CircleCI picks the minutes."""

    days_of_month: list[int] | None = field(default=None, metadata={"key": "days-of-month"})
    """Leave it out: it cannot be combined with `days-of-week`."""

    months: list[Month] | None = None
    """Months to trigger in. Default: every month."""
