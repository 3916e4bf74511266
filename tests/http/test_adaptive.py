"""AdaptiveRateLimiter: limits of every kind are kept and used up, in simulation, within the bounds of the benchmark."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable

import pytest

from circleci_v2._http.rate_limit.budget import UnlimitedBudget
from circleci_v2._http.rate_limit.from_headers import HeaderBucket, Reservation
from circleci_v2.policies import RateLimit
from tests.http.limited import Overloaded, TokenBucket, Verdict, Windows, adaptive, simulate

CALLS = 1_000


class Changing:
    """A limit that has another rate once a number of requests were accepted."""

    def __init__(self, rates: tuple[int, int], *, after: int) -> None:
        self._buckets = [TokenBucket(rate, 50, headers=False, retry_after=nothing) for rate in rates]
        self._accepted, self._after = 0, after

    def ask(self, now: float) -> Verdict:
        verdict = self._buckets[self._accepted >= self._after].ask(now)
        self._accepted += verdict.accepted
        return verdict


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


def whole_seconds(wait: float) -> float:
    return max(1.0, math.ceil(wait))


def nothing(_: float) -> None:
    return None


def zero(_: float) -> float:
    return 0.0


@pytest.mark.parametrize("retry_after", [whole_seconds, nothing, zero])
@pytest.mark.parametrize(
    ("rate", "burst", "latency"), [(50, 50, 0.02), (200, 50, 0.02), (500, 50, 0.02), (50, 10, 0.2)]
)
def test_limits_of_any_rate_are_found_without_headers(
    rate: int, burst: int, latency: float, retry_after: Callable[[float], float | None]
):
    """Twenty seconds of requests. A `Retry-After` of a second costs nearly as much where the burst is smaller than that."""
    calls = 20 * rate
    for seed in SEEDS[:3]:
        server = TokenBucket(rate, burst, headers=False, retry_after=retry_after)
        outcome = simulate(server, calls=calls, latency=latency, seed=seed)
        assert outcome.seconds <= 1.15 * ((calls - burst) / rate + latency)
        assert outcome.rejected <= 0.03 * calls


@pytest.mark.parametrize("retry_after", [None, 0.0])
@pytest.mark.parametrize("share", [0.01, 0.03, 0.05])
def test_rejections_that_no_rate_causes_do_not_slow_down_the_client(share: float, retry_after: float | None):
    for seed in range(20):
        paced, unpaced = (
            simulate(
                Overloaded(share, retry_after=retry_after, seed=seed),
                calls=1_500,
                latency=0.1 if seed % 2 else 0.02,
                seed=seed,
                new_budget=new_budget,
            )
            for new_budget in (adaptive, UnlimitedBudget)
        )
        assert paced.seconds <= 2.5 * unpaced.seconds
        # The same requests are rejected, but for those in flight at the end.
        assert paced.rejected <= 1.2 * unpaced.rejected


def test_a_limit_is_kept_on_top_of_rejections_that_no_rate_causes():
    for seed in SEEDS:
        behind = TokenBucket(200, 50, headers=False, retry_after=nothing)
        outcome = simulate(Overloaded(0.03, seed=seed, behind=behind), calls=4_000, seed=seed)
        assert outcome.seconds <= 1.15 * (4_000 - 50) / 200
        assert outcome.rejected <= 0.07 * 4_000


@pytest.mark.parametrize("lower", [20, 100])
def test_a_limit_that_changes_is_found_again(lower: int):
    """Half of the requests under one limit, and half under another."""
    for seed in SEEDS:
        for rates in ((200, lower), (lower, 200)):
            outcome = simulate(Changing(rates, after=2_000), calls=4_000, seed=seed)
            assert outcome.seconds <= 1.2 * (2_000 / 200 + 2_000 / lower)
            assert outcome.rejected <= 0.03 * 4_000


def test_a_server_without_a_limit_is_not_slowed_down():
    paced, unpaced = (
        simulate(Overloaded(0.0, seed=0), calls=1_500, latency=0.05, new_budget=new_budget)
        for new_budget in (adaptive, UnlimitedBudget)
    )
    assert paced.seconds <= 1.3 * unpaced.seconds


@pytest.mark.parametrize("seed", SEEDS)
def test_a_slow_limit_does_not_cause_many_rejections(seed: int):
    outcome = simulate(TokenBucket(5, 50), calls=200, seed=seed)
    assert outcome.rejected <= 0.05 * 200
    assert outcome.seconds <= 1.10 * (200 - 50) / 5
