"""Rate limits are kept, and used, whatever shape they have: simulated, with the bounds that the benchmark has."""

from __future__ import annotations

import statistics

import pytest

from circleci_v2._http.rate_limit.budget import Reservation
from circleci_v2._http.rate_limit.from_headers import HeaderBucket
from circleci_v2.policies import RateLimit
from tests.http.limited import TokenBucket, Windows, simulate

CALLS = 1_000
SEEDS = range(6)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rate", [50, 200])
def test_a_steady_budget_is_used_up_and_never_overdrawn(rate: int, seed: int):
    outcome = simulate(TokenBucket(rate, 50), seed=seed)
    assert outcome.refused == 0
    assert outcome.seconds <= 1.02 * (CALLS - 50) / rate


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("jitter", [0.0, 0.002, 0.01])
def test_a_budget_no_larger_than_what_a_round_trip_takes_is_learned_all_the_same(jitter: float, seed: int):
    """With two requests under way it is always full, and a full budget tells no rate."""
    outcome = simulate(TokenBucket(50, 10), latency=0.2, jitter=jitter, seed=seed)
    assert outcome.refused <= (0.01 * CALLS if jitter else 0)
    assert outcome.seconds <= 1.15 * (CALLS - 10) / 50


def test_what_is_refused_after_an_answer_that_overtook_it_is_no_rate_below_none():
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
    """A request just before a window begins is told about the old one; that must not be believed of the new one."""
    outcomes = [simulate(Windows(50, phase=phase / 12), seed=seed) for seed in SEEDS for phase in range(12)]
    ideal = CALLS / 50 - 1
    assert statistics.mean(outcome.refused for outcome in outcomes) <= 0.01 * CALLS
    assert statistics.mean(outcome.seconds for outcome in outcomes) <= 1.15 * ideal
    assert max(outcome.refused for outcome in outcomes) <= 0.03 * CALLS
    assert max(outcome.seconds for outcome in outcomes) <= 1.25 * ideal


@pytest.mark.parametrize("concurrency", [1, 10])
def test_a_long_window_with_a_large_budget_is_used_up_and_waited_out(concurrency: int):
    """It shows more than a thousand answers in a row to which nothing was given back."""
    outcome = simulate(Windows(1_500, seconds=3_600), calls=1_600, concurrency=concurrency)
    assert outcome.refused <= 1
    assert 3_600 <= outcome.seconds <= 3_700


@pytest.mark.parametrize("seed", SEEDS)
def test_three_processes_share_a_token(seed: int):
    outcome = simulate(TokenBucket(50, 50), processes=3, seed=seed)
    assert outcome.refused <= 0.05 * 3 * CALLS
    assert outcome.seconds <= 1.03 * (3 * CALLS - 50) / 50


@pytest.mark.parametrize("seed", SEEDS)
def test_a_limit_that_no_header_tells_is_found_by_what_passes(seed: int):
    outcome = simulate(TokenBucket(50, 50, headers=False), seed=seed)
    assert outcome.refused <= 0.05 * CALLS
    assert outcome.seconds <= 1.10 * (CALLS - 50) / 50


@pytest.mark.parametrize("seed", SEEDS)
def test_a_slow_budget_is_no_reason_to_be_refused_often(seed: int):
    outcome = simulate(TokenBucket(5, 50), calls=200, seed=seed)
    assert outcome.refused <= 0.05 * 200
    assert outcome.seconds <= 1.10 * (200 - 50) / 5
