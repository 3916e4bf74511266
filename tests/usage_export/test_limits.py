from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circleci_v2.errors import ConfigurationError
from circleci_v2.usage_export.limits import require_available, split_range

NOW = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)


def test_a_month_is_one_window():
    (window,) = split_range(NOW - timedelta(days=31), NOW, now=NOW)
    assert (window.start, window.end) == (NOW - timedelta(days=31), NOW)


def test_a_longer_range_is_cut_at_midnight():
    windows = split_range(NOW - timedelta(days=40), NOW, now=NOW)
    assert [str(window) for window in windows] == [
        "2026-02-19 12:00 to 2026-03-21 23:59 UTC",
        "2026-03-22 00:00 to 2026-03-31 12:00 UTC",
    ]


def test_a_year_is_in_reach():
    windows = split_range(NOW - timedelta(days=366), NOW, now=NOW)
    require_available(windows, [None] * len(windows), now=NOW)
    assert len(windows) == 12


def test_a_start_more_than_a_year_ago_is_an_error_that_names_the_earliest():
    windows = split_range(NOW - timedelta(days=366, milliseconds=1), NOW, now=NOW)
    with pytest.raises(
        ConfigurationError, match=r"too old: .* at most 366 days ago, so pass 2025-03-30T12:00:00\+00:00"
    ):
        require_available(windows, [None] * len(windows), now=NOW)


def test_only_windows_without_a_job_have_to_be_recent():
    windows = split_range(NOW - timedelta(days=366), NOW, now=NOW)
    later = NOW + timedelta(hours=5)
    require_available(windows, ["a job", *[None] * (len(windows) - 1)], now=later)
    with pytest.raises(ConfigurationError, match="too old"):
        require_available(windows, [None] * len(windows), now=later)


def test_other_time_zones_name_the_same_moments():
    berlin = timezone(timedelta(hours=2))
    (window,) = split_range(datetime(2026, 3, 1, 2, tzinfo=berlin), datetime(2026, 3, 2, 2, tzinfo=berlin), now=NOW)
    assert str(window) == "2026-03-01 00:00 to 2026-03-02 00:00 UTC"


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (NOW, NOW, "is not before"),
        (NOW, NOW - timedelta(days=1), "is not before"),
        (NOW - timedelta(days=1), NOW + timedelta(seconds=1), "in the future"),
        (datetime(2026, 3, 1), NOW, "start=.* has no time zone"),  # noqa: DTZ001 - the error under test
        (NOW - timedelta(days=1), datetime(2026, 3, 31), "end=.* has no time zone"),  # noqa: DTZ001
    ],
)
def test_a_range_that_is_no_range_is_an_error(start, end, message):
    with pytest.raises(ConfigurationError, match=message):
        split_range(start, end, now=NOW)


@given(
    start=st.floats(1, 366),
    length=st.floats(0.001, 366),
)
def test_windows_cover_the_range_once(start, length):
    begin = NOW - timedelta(days=start)
    end = min(NOW, begin + timedelta(days=length))
    windows = split_range(begin, end, now=NOW)
    assert (windows[0].start, windows[-1].end) == (begin, end)
    for window in windows:
        assert window.start <= window.end
        assert window.end - window.start <= timedelta(days=31)
    for earlier, later in pairwise(windows):
        assert later.start - earlier.end == timedelta(milliseconds=1)
        assert later.start.date() > earlier.end.date()
    assert windows == split_range(begin, end, now=NOW + timedelta(hours=5))
