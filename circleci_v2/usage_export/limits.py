"""CircleCI's limits on usage exports: the windows that a range of time is split into, calls per hour, and repetitions.

At most 31 days between start and end, both inclusive; no end in the future; ten exports and ten polls per hour and
organization. Source: https://circleci.com/docs/api/v2/index.html#tag/Usage

A start of at most 366 days ago, counted from the moment at which CircleCI receives the request: its documentation says
13 months in one place and one year in another, and CircleCI's own client states what the service compares with,
https://github.com/CircleCI-Labs/terraform-provider-circleci/blob/40f9f0a42149/internal/circleci/usage_export.go
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import anyio
import attrs

from circleci_v2._http.rate_limit.fixed_window import PUBLISHED_LIMITS, FixedWindow, FixedWindowLimiter
from circleci_v2._validation import require_time_zone
from circleci_v2.errors import ConfigurationError

__all__ = [
    "DELAYS_WITHOUT_PARTS",
    "EXPORTS_PER_HOUR",
    "HOUR",
    "MAX_JOBS_PER_WINDOW",
    "MAX_POLLS_NOT_FOUND",
    "MAX_RENEWALS",
    "POLLS_PER_HOUR",
    "HourlyQuota",
    "Timing",
    "Window",
    "poll_delays",
    "require_available",
    "split_range",
]

MAX_WINDOW: Final = timedelta(days=31)
OLDEST_START: Final = timedelta(days=366)
HOUR: Final = 3600.0
EXPORTS_PER_HOUR: Final = PUBLISHED_LIMITS["createUsageExport"].calls
POLLS_PER_HOUR: Final = PUBLISHED_LIMITS["getUsageExport"].calls
# Failed jobs usually succeed when they are created again.
MAX_JOBS_PER_WINDOW: Final = 3
# The seconds before each further poll of a job that is completed without parts: 5 minutes, and few of the allowed polls.
DELAYS_WITHOUT_PARTS: Final = (60.0, 240.0)
# A new job may not be found yet on every server of CircleCI; ten polls take half an hour.
MAX_POLLS_NOT_FOUND: Final = 10
# The presigned URLs of parts expire, which can happen before a download slot is free.
MAX_RENEWALS: Final = 3
# Times in usage data have milliseconds, so the next window starts one millisecond after the end of the one before.
_RESOLUTION: Final = timedelta(milliseconds=1)
# The client counts requests when it sends them and CircleCI when they arrive: with a lower latency than the request an
# hour earlier, a request would still arrive within that request's hour.
_LATENCY_MARGIN: Final = 5.0


@attrs.frozen
class Window:
    """A range of time in UTC, short enough for one export.

    Attributes:
        start: The first moment of it.
        end: The last moment of it.
    """

    start: datetime
    end: datetime

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M} UTC"


def split_range(start: datetime, end: datetime, *, now: datetime) -> tuple[Window, ...]:
    """Split a range into consecutive windows without gap or overlap.

    Windows end at midnight UTC, so that no row is exported twice even if CircleCI compares dates only. The same range
    is always split the same way, which makes it possible to resume an export.

    Args:
        start: The first moment, with a time zone.
        end: The last moment, with a time zone.
        now: The current time.

    Raises:
        ConfigurationError: A datetime has no time zone, the start is not before the end, or the end is in the future.
    """
    start, end = _utc("start", start), _utc("end", end)
    if start >= end:
        msg = f"start={start.isoformat()} is not before end={end.isoformat()}: pass an earlier start or a later end"
        raise ConfigurationError(msg)
    if end > now:
        msg = f"end={end.isoformat()} is in the future: pass the current time at the latest"
        raise ConfigurationError(msg)
    windows: list[Window] = []
    while end - start > MAX_WINDOW:
        cut = (start + MAX_WINDOW).replace(hour=0, minute=0, second=0, microsecond=0)
        windows.append(Window(start, cut - _RESOLUTION))
        start = cut
    return (*windows, Window(start, end))


def require_available(windows: Sequence[Window], job_ids: Sequence[str | None], *, now: datetime) -> None:
    """Check that CircleCI accepts the windows that have no job yet; those of an earlier attempt may be older by now.

    Args:
        windows: The windows.
        job_ids: The job of each window, or None.
        now: The current time.

    Raises:
        ConfigurationError: A window starts too early; the message names the earliest start.
    """
    oldest = now.astimezone(UTC) - OLDEST_START
    too_old = [window for window, job in zip(windows, job_ids, strict=True) if job is None and window.start < oldest]
    if too_old:
        msg = (
            f"start={too_old[0].start.isoformat()} is too old: CircleCI exports usage from at most {OLDEST_START.days} "
            f"days ago, so pass {oldest.isoformat(timespec='seconds')} or later"
        )
        raise ConfigurationError(msg)


def _utc(name: str, moment: datetime) -> datetime:
    require_time_zone(name, moment)
    return moment.astimezone(UTC)


def _now() -> datetime:
    return datetime.now(UTC)


@attrs.frozen(kw_only=True)
class Timing:
    """The clocks and the sleep of an export; replace them in tests.

    Attributes:
        now: Returns the current time, with a time zone. Default: the clock of this machine.
        monotonic: Returns seconds since any fixed moment. Default: the clock of the event loop.
        sleep: Waits for a number of seconds. Default: `anyio.sleep`.
    """

    now: Callable[[], datetime] = _now
    monotonic: Callable[[], float] = anyio.current_time
    sleep: Callable[[float], Awaitable[object]] = anyio.sleep


class HourlyQuota:
    """A sliding window per operation: delays a call that would exceed its limit in any hour.

    The client enforces the published limits too, for all callers. It waits silently, and fails instead of waiting beyond
    the deadline of the call. An export needs waits of up to an hour that are announced first, by a clock that tests can
    replace, with a margin for network latency; so it keeps within the limits itself and only reaches those of the client
    when another export of the same organization runs.

    Args:
        calls: The number of calls per hour, by operation.
        timing: The clock and the sleep.
    """

    def __init__(self, calls: Mapping[str, int], timing: Timing) -> None:
        limits = {operation: FixedWindow(count, HOUR + _LATENCY_MARGIN) for operation, count in calls.items()}
        self._limiter = FixedWindowLimiter(limits)
        self._timing = timing

    async def acquire(self, operation: str, announce: Callable[[float], None]) -> None:
        """Wait until the call is allowed; `announce` receives the seconds of each wait before it begins."""
        while (delay := self._limiter.try_acquire(operation, "", self._timing.monotonic())) > 0:
            announce(delay)
            await self._timing.sleep(delay)


def poll_delays() -> Iterator[float]:
    """Yield the seconds to wait between polls of a job, without end: 10, 20, 40, 80, 160, then 300."""
    delay = 10.0
    while True:
        yield delay
        delay = min(2 * delay, 300.0)
