"""Decisions about sending again and waiting, without any I/O: what headers say, and what is made of it."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circleci_v2 import RetryPolicy
from circleci_v2._http.headers import read_retry_after, scan_headers

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
IDEMPOTENT = ("GET", "HEAD", "PUT", "DELETE", "OPTIONS")
OTHERS = ("POST", "PATCH")


@pytest.mark.parametrize("method", [*IDEMPOTENT, *OTHERS])
@pytest.mark.parametrize("cause", [429, "never sent"])
def test_what_was_refused_or_never_sent_is_sent_again_whatever_it_is(method: str, cause: int | str):
    assert RetryPolicy().allows(1, method=method, cause=cause)  # type: ignore[arg-type]


@pytest.mark.parametrize("cause", [408, 500, 502, 503, 504, 520, "broken"])
def test_what_may_have_had_its_effect_is_sent_again_only_where_that_is_harmless(cause: int | str):
    policy = RetryPolicy()
    assert all(policy.allows(1, method=method, cause=cause) for method in IDEMPOTENT)  # type: ignore[arg-type]
    assert not any(policy.allows(1, method=method, cause=cause) for method in OTHERS)  # type: ignore[arg-type]


@given(st.sampled_from([*IDEMPOTENT, *OTHERS]), st.integers(200, 499).filter(lambda status: status not in {408, 429}))
def test_an_answer_that_would_be_the_same_again_is_final(method: str, status: int):
    assert not RetryPolicy().allows(1, method=method, cause=status)


@given(st.integers(0, 20), st.integers(1, 40))
def test_there_are_no_more_attempts_than_allowed(max_retries: int, attempt: int):
    assert RetryPolicy(max_retries=max_retries).allows(attempt, method="GET", cause=503) == (attempt <= max_retries)


@given(st.integers(1, 5_000), st.floats(0, 1, exclude_max=True), st.floats(0.001, 10), st.floats(10, 100))
def test_a_pause_is_random_below_a_bound_that_doubles(attempt: int, chance: float, backoff: float, most: float):
    policy = RetryPolicy(backoff=backoff, max_backoff=most)
    pause = policy.delay(attempt, retry_after=None, random=lambda: chance)
    assert 0 <= pause <= min(most, backoff * 2.0 ** min(attempt - 1, 100))


@given(st.floats(0, 1e6), st.floats(0, 1, exclude_max=True))
def test_what_is_asked_for_is_waited_out_and_a_little_more(asked: float, chance: float):
    pause = RetryPolicy().delay(3, retry_after=asked, random=lambda: chance)
    assert asked <= pause <= asked + min(0.1 * asked, 1.0)


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
def test_a_retry_after_that_makes_no_sense_is_as_good_as_absent(header: str | None):
    assert read_retry_after(header, now=NOW) is None


@given(st.text())
def test_no_retry_after_breaks_the_reading(header: str):
    seconds = read_retry_after(header, now=NOW)
    assert seconds is None or (seconds >= 0 and math.isfinite(seconds))


FAMILIES = ("RateLimit", "X-RateLimit", "ratelimit", "X-RATELIMIT")
SUFFIXES = ("", "-Second", "-Minute", "-Hour", "-Day")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_both_families_are_read_with_every_suffix(family: str, suffix: str):
    headers = [(f"{family}-{part}{suffix}", value) for part, value in (("Limit", "50"), ("Remaining", "7"))]
    limit = scan_headers([*headers, (f"{family}-Reset{suffix}", "3")])[0]
    assert limit is not None
    assert (limit.limit, limit.remaining, limit.reset) == (50, 7, 3.0)
    assert limit.window == (suffix.removeprefix("-").lower() or None)


def test_of_two_budgets_the_lower_limit_is_in_force():
    headers = {"RateLimit-Limit": "100", "RateLimit-Remaining": "3"}
    lower = {"X-RateLimit-Limit-Second": "50", "X-RateLimit-Remaining-Second": "40"}
    for order in (headers | lower, lower | headers):
        limit = scan_headers(order.items())[0]
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
def test_half_a_budget_is_none(headers: dict[str, str]):
    assert scan_headers(headers.items())[0] is None


def test_more_cannot_be_left_than_there_is():
    limit = scan_headers({"RateLimit-Limit": "50", "RateLimit-Remaining": "1000"}.items())[0]
    assert limit is not None
    assert limit.remaining == 50


def test_a_reset_that_is_a_date_in_seconds_is_not_taken_for_a_duration():
    headers = {"RateLimit-Limit": "50", "RateLimit-Remaining": "1", "RateLimit-Reset": "1772636400"}
    limit = scan_headers(headers.items())[0]
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
def test_no_header_breaks_the_reading(headers: list[tuple[str, str]]):
    limit = scan_headers(headers)[0]
    assert limit is None or 0 <= limit.remaining <= limit.limit
