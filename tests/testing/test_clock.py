from __future__ import annotations

from datetime import UTC, datetime

import pytest

from circleci_v2.testing import EPOCH, Clock
from circleci_v2.testing.clock import rfc3339


def test_time_stands_still_until_it_is_told_to_pass() -> None:
    clock = Clock()
    assert clock.moment() == EPOCH
    clock.advance(90)
    assert (clock.moment() - EPOCH).total_seconds() == 90


def test_a_running_clock_passes_at_its_speed() -> None:
    outside = [100.0]
    clock = Clock(speed=60, timer=lambda: outside[0])
    outside[0] += 5
    clock.advance(1)
    assert (clock.moment() - EPOCH).total_seconds() == 301


def test_time_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="seconds=-1"):
        Clock().advance(-1)
    with pytest.raises(ValueError, match="speed=-2"):
        Clock(speed=-2)


def test_a_start_without_a_time_zone_is_an_error() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        Clock(datetime(2026, 1, 1))  # noqa: DTZ001 - that is what is refused


def test_moments_are_written_as_circleci_writes_them() -> None:
    assert rfc3339(datetime(2026, 3, 4, 15, 0, 0, 123456, tzinfo=UTC).timestamp()) == "2026-03-04T15:00:00.123Z"
