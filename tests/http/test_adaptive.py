"""AdaptiveRateLimiter: limits of every kind are kept and used up, in simulation, within the bounds of the benchmark."""

from __future__ import annotations

import statistics

import pytest

from circleci_v2._http.rate_limit.from_headers import HeaderBucket, Reservation
from circleci_v2.policies import RateLimit
from tests.http.limited import TokenBucket, Windows, simulate

CALLS = 1_000
SEEDS = range(6)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rate", [50, 200])
def test_a_steady_budget_is_used_up_and_never_overdrawn(rate: int, seed: int):
    outcome = simulate(TokenBucket(rate, 50), seed=seed)
    assert outcome.rejected == 0
    assert outcome.seconds <= 1.02 * (CALLS - 50) / rate


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("jitter", [0.0, 0.002, 0.01])
def test_a_bucket_smaller_than_the_requests_of_a_round_trip_is_learned(jitter: float, seed: int):
    """With two requests in flight it is always full, and a full bucket hides its rate."""
    outcome = simulate(TokenBucket(50, 10), latency=0.2, jitter=jitter, seed=seed)
    assert outcome.rejected <= (0.01 * CALLS if jitter else 0)
    assert outcome.seconds <= 1.15 * (CALLS - 10) / 50


def test_rejections_that_arrive_after_a_later_response_do_not_make_the_rate_negative():
    budget = HeaderBucket(reserve=1)
    full, empty = (RateLimit(family="ratelimit", limit=10, remaining=left) for left in (9, 0))
    *others, first = tickets = [Reservation(0.0, number) for number in range(1, 11)]
    for ticket in tickets:
        budget.reserve(ticket, 0.0)
    budget.accepted(first, 0.2, full)
    for ticket in others:
        budget.rejected(ticket, 0.2, empty, 1.0)
    probe = Reservation(1.3, 11)
    budget.reserve(probe, 1.3)
    budget.accepted(probe, 1.5, full)
    assert budget.rate >= 0


def test_windows_are_waited_out_whenever_they_begin():
    """A response from just before a window begins describes the old one, and must not be applied to the new one."""
    outcomes = [simulate(Windows(50, phase=phase / 12), seed=seed) for seed in SEEDS for phase in range(12)]
    ideal = CALLS / 50 - 1
    assert statistics.mean(outcome.rejected for outcome in outcomes) <= 0.01 * CALLS
    assert statistics.mean(outcome.seconds for outcome in outcomes) <= 1.15 * ideal
    assert max(outcome.rejected for outcome in outcomes) <= 0.03 * CALLS
    assert max(outcome.seconds for outcome in outcomes) <= 1.25 * ideal


@pytest.mark.parametrize("concurrency", [1, 10])
def test_a_long_window_with_a_large_budget_is_used_up_and_waited_out(concurrency: int):
    """More than a thousand responses in a row show no added tokens."""
    outcome = simulate(Windows(1_500, seconds=3_600), calls=1_600, concurrency=concurrency)
    assert outcome.rejected <= 1
    assert 3_600 <= outcome.seconds <= 3_700


@pytest.mark.parametrize("seed", SEEDS)
def test_three_processes_share_a_token(seed: int):
    outcome = simulate(TokenBucket(50, 50), processes=3, seed=seed)
    assert outcome.rejected <= 0.05 * 3 * CALLS
    assert outcome.seconds <= 1.03 * (3 * CALLS - 50) / 50


@pytest.mark.parametrize("seed", SEEDS)
def test_a_limit_without_headers_is_found_by_throughput(seed: int):
    outcome = simulate(TokenBucket(50, 50, headers=False), seed=seed)
    assert outcome.rejected <= 0.05 * CALLS
    assert outcome.seconds <= 1.10 * (CALLS - 50) / 50


@pytest.mark.parametrize("seed", SEEDS)
def test_a_slow_limit_does_not_cause_many_rejections(seed: int):
    outcome = simulate(TokenBucket(5, 50), calls=200, seed=seed)
    assert outcome.rejected <= 0.05 * 200
    assert outcome.seconds <= 1.10 * (200 - 50) / 5
