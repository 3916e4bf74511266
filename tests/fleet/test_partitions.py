"""Partitions: windows without gap or overlap, with names that do not depend on when a crawl begins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circleci_v2 import InvalidSlugError
from circleci_v2.fleet import TimeWindow, partitions
from circleci_v2.fleet.partitions import window_of

# hypothesis adds the time zone.
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
LENGTHS = st.integers(1, 24 * 400).map(lambda hours: timedelta(hours=hours))


@given(since=MOMENTS, length=st.timedeltas(timedelta(microseconds=1), timedelta(days=300)), every=LENGTHS)
def test_the_partitions_of_a_project_cover_the_range_without_gap_or_overlap(since, length, every):
    every = max(every, length / 50 - (length / 50) % timedelta(hours=1) + timedelta(hours=1))
    until = since + length
    found = partitions(["gh/acme/web"], since=since, until=until, every=every)
    assert found[-1].since == since
    assert found[0].until == until
    assert all(newer.since == older.until for newer, older in pairwise(found))
    assert all(one.window.since <= one.since < one.until <= one.window.until for one in found)


@given(moment=MOMENTS, other=MOMENTS, every=LENGTHS)
def test_windows_are_equal_or_disjoint_and_their_names_identify_them(moment, other, every):
    one, two = window_of(moment, every), window_of(other, every)
    assert one.since <= moment < one.until
    assert one == two or one.until <= two.since or two.until <= one.since
    assert TimeWindow.start_of(one.name) == one.since
    assert (one.name == two.name) == (one == two)


def test_projects_count_once_and_have_directories_of_their_own():
    until = datetime(2026, 1, 8, tzinfo=UTC)
    found = partitions(["github/acme/web", "gh/acme/web", "bb/a/.b"], since=until - timedelta(days=1), until=until)
    assert [one.path for one in found] == ["gh%2Facme%2Fweb/2026-01-01T000000Z", "bb%2Fa%2F.b/2026-01-01T000000Z"]


def test_an_invalid_project_is_rejected():
    until = datetime(2026, 1, 8, tzinfo=UTC)
    with pytest.raises(InvalidSlugError):
        partitions(["acme/web"], since=until - timedelta(days=1), until=until)
