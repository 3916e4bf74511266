"""ThroughputEstimator: the rate without rate-limit headers, after rejections and after idle time."""

from __future__ import annotations

import math

from circleci_v2._http.rate_limit.from_throughput import ThroughputEstimator


def test_consecutive_rejections_lower_the_rate_but_not_to_zero():
    budget = ThroughputEstimator(initial=5)
    now = 1_000.0
    for _ in range(3):
        now = max(now, budget.ready_at(now))
        budget.reserve(now)
        budget.rejected(now, now + 0.01, pause=0.001)
    assert budget.ready_at(now) - now < 10


def test_half_an_hour_without_requests_does_not_delay_the_next_one():
    budget = ThroughputEstimator(initial=5)
    budget.reserve(0.0)
    budget.rejected(0.0, 0.01, pause=1.0)
    assert budget.ready_at(1_800.0) <= 1_800.0


def test_a_request_that_is_lost_makes_room_for_another_one():
    budget = ThroughputEstimator(initial=5)
    for _ in range(5):
        budget.reserve(0.0)
    assert budget.ready_at(1.0) == math.inf
    budget.lost()
    assert budget.ready_at(1.0) <= 1.0
    budget.reserve(1.0)
    assert budget.ready_at(1.0) == math.inf
