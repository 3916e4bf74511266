"""Headers about rate limits, waiting and deprecation: CircleCI's forms are read, and invalid ones ignored."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circleci_v2._http.headers import read_retry_after, scan_headers
from circleci_v2.policies import RateLimit

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)


def scan(headers: Iterable[tuple[str, str]]) -> tuple[RateLimit | None, bool]:
    return scan_headers([(name.encode(), value.encode()) for name, value in headers])


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("1", 1.0),
        (" 120 ", 120.0),
        ("1.5", 1.5),
        ("1000000000000", 1e12),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0.0),
        ("Wed, 04 Mar 2026 15:00:30 -0000", 30.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, seconds: float):
    assert read_retry_after(header, now=NOW) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "header", [None, "", "soon", "-1", "1e3", "nan", "inf", "1,000", "١٢", "Wed, 99 Mar 2026", "0x10"]
)
def test_an_invalid_retry_after_counts_as_absent(header: str | None):
    assert read_retry_after(header, now=NOW) is None


@given(st.text())
def test_no_retry_after_raises(header: str):
    seconds = read_retry_after(header, now=NOW)
    assert seconds is None or (seconds >= 0 and math.isfinite(seconds))


FAMILIES = ("RateLimit", "X-RateLimit", "ratelimit", "X-RATELIMIT")
SUFFIXES = ("", "-Second", "-Minute", "-Hour", "-Day")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_both_families_are_read_with_every_suffix(family: str, suffix: str):
    headers = [(f"{family}-{part}{suffix}", value) for part, value in (("Limit", "50"), ("Remaining", "7"))]
    limit = scan([*headers, (f"{family}-Reset{suffix}", "3")])[0]
    assert limit is not None
    assert (limit.limit, limit.remaining, limit.reset) == (50, 7, 3.0)
    assert limit.window == (suffix.removeprefix("-").lower() or None)


def test_of_two_limits_the_lower_one_applies():
    headers = {"RateLimit-Limit": "100", "RateLimit-Remaining": "3"}
    lower = {"X-RateLimit-Limit-Second": "50", "X-RateLimit-Remaining-Second": "40"}
    for order in (headers | lower, lower | headers):
        limit = scan(order.items())[0]
        assert limit is not None
        assert (limit.limit, limit.remaining) == (50, 40)


@pytest.mark.parametrize(
    "headers",
    [
        {"RateLimit-Limit": "50"},
        {"RateLimit-Remaining": "5"},
        {"RateLimit-Limit": "0", "RateLimit-Remaining": "0"},
        {"RateLimit-Limit": "many", "RateLimit-Remaining": "some"},
        {"RateLimit-Limit": "-5", "RateLimit-Remaining": "-1"},
        {"X-Rate-Limit": "5"},
    ],
)
def test_an_incomplete_limit_counts_as_absent(headers: dict[str, str]):
    assert scan(headers.items())[0] is None


def test_remaining_is_at_most_the_limit():
    limit = scan({"RateLimit-Limit": "50", "RateLimit-Remaining": "1000"}.items())[0]
    assert limit is not None
    assert limit.remaining == 50


def test_a_reset_in_unix_time_is_ignored():
    headers = {"RateLimit-Limit": "50", "RateLimit-Remaining": "1", "RateLimit-Reset": "1772636400"}
    limit = scan(headers.items())[0]
    assert limit is not None
    assert limit.reset is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [f"{f}-{p}{s}" for f in FAMILIES for p in ("Limit", "Remaining", "Reset") for s in SUFFIXES]
            ),
            st.text(),
        )
    )
)
def test_no_header_raises(headers: list[tuple[str, str]]):
    limit = scan(headers)[0]
    assert limit is None or 0 <= limit.remaining <= limit.limit


@pytest.mark.parametrize("name", ["Deprecation", "deprecation", "Sunset"])
def test_a_deprecation_notice_is_found_beside_the_rate_limit(name: str):
    headers = {"RateLimit-Limit": "50", "RateLimit-Remaining": "7"}
    limit, is_deprecated = scan({**headers, name: "true"}.items())
    assert limit is not None
    assert is_deprecated
    assert scan(headers.items()) == (limit, False)
