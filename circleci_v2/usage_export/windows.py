"""Windows: a range of time, cut into pieces that CircleCI exports at once.

CircleCI's limits: at most 31 days between start and end, both inclusive; data of the last 13 months; no end in the
future. Source: https://circleci.com/docs/api/v2/index.html#tag/Usage
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import attrs

from circleci_v2._validation import require_time_zone
from circleci_v2.errors import ConfigurationError

__all__ = ["Window", "split"]

LONGEST = timedelta(days=31)
OLDEST_MONTHS = 13
# Times in usage data have milliseconds.
_TICK = timedelta(milliseconds=1)


@attrs.frozen
class Window:
    """A range of time, in UTC.

    Attributes:
        start: The first moment of it.
        end: The last moment of it.
    """

    start: datetime
    end: datetime

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M} UTC"


def split(start: datetime, end: datetime, *, now: datetime) -> tuple[Window, ...]:
    """Cut a range into windows that follow one another without gap or overlap.

    Cuts are made at midnight UTC, so that no row is exported twice even if CircleCI looks at the date alone. The same
    range is always cut the same way, which is what lets an export be resumed.

    Args:
        start: The first moment, with a time zone.
        end: The last moment, with a time zone.
        now: The present moment.

    Raises:
        ConfigurationError: A moment has no time zone, or CircleCI has no data for the range.
    """
    start, end = _utc("start", start), _utc("end", end)
    _require_available(start, end, now)
    windows: list[Window] = []
    while end - start > LONGEST:
        cut = (start + LONGEST).replace(hour=0, minute=0, second=0, microsecond=0)
        windows.append(Window(start, cut - _TICK))
        start = cut
    return (*windows, Window(start, end))


def _utc(name: str, moment: datetime) -> datetime:
    require_time_zone(name, moment)
    return moment.astimezone(UTC)


def _require_available(start: datetime, end: datetime, now: datetime) -> None:
    oldest = _months_before(now.astimezone(UTC), OLDEST_MONTHS)
    if start >= end:
        msg = f"start={start.isoformat()} is not before end={end.isoformat()}"
    elif end > now:
        msg = f"end={end.isoformat()} is in the future: CircleCI exports what has happened, so pass now at the latest"
    elif start < oldest:
        msg = f"start={start.isoformat()} is too old: CircleCI keeps {OLDEST_MONTHS} months, since {oldest.isoformat()}"
    else:
        return
    raise ConfigurationError(msg)


def _months_before(moment: datetime, months: int) -> datetime:
    """The start of the day so many months before; the first of the next month where the month has no such day."""
    total = moment.year * 12 + moment.month - 1 - months
    first = moment.replace(year=total // 12, month=total % 12 + 1, day=1, hour=0, minute=0, second=0, microsecond=0)
    return first + timedelta(days=moment.day - 1)
