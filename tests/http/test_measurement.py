"""Measurements of ThroughputEstimator: fits of token buckets, the test for background rejections, and pacing."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from circleci_v2._http.rate_limit.measurement import BackgroundRejections, Pacer, Span
from tests.http.limited import TokenBucket


def span_until_rejection(refill: float, burst: int, rate: float) -> tuple[Span, float]:
    """Send requests at a rate until a bucket that is full at the start rejects one."""
    server, span, now = TokenBucket(refill, burst, headers=False), Span(0.0), 0.0
    while server.ask(now).accepted:
        span.add(now)
        now += 1 / rate
        assume(span.accepted < 20_000)
    return span, now


@given(
    refill=st.floats(1, 1_000),
    burst=st.integers(1, 500),
    excess=st.floats(1.05, 10),
)
def test_the_fitted_bucket_is_the_one_that_accepted_the_requests(refill: float, burst: int, excess: float):
    span, until = span_until_rejection(refill, burst, refill * excess)
    # Long spans are thinned out to every second, fourth, ... request.
    resolution = max(1.0, span.accepted / 100)
    assert span.burst(refill, until) == pytest.approx(burst, abs=1 + resolution)
    if span.accepted >= max(40, 6 * burst):
        assert span.refill(burst, until) == pytest.approx(refill, rel=0.15)


@given(sent=st.lists(st.floats(0, 100), max_size=900).map(sorted))
def test_a_fit_is_a_number_for_any_times(sent: list[float]):
    span = Span(0.0)
    for sent_at in sent:
        span.add(sent_at)
    until = sent[-1] if sent else 0.0
    assert 1 <= span.burst(5.0, until) < math.inf
    assert span.refill(5.0, until) > 0
    assert span.recent_rate(until) > 0 or not sent
    assert not math.isnan(span.mean_rate(until))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("share", [0.01, 0.03, 0.05])
def test_rejections_of_the_known_share_are_explained_and_many_more_are_not(share: float, seed: int):
    background, random = BackgroundRejections(), Random(seed)
    background.learn(round(1_000 * share), 1_000)
    unexplained = 0
    for _ in range(2_000):
        if random.random() < share:
            unexplained += not background.explains(learn=True)
        else:
            background.accept(learn=True)
    assert unexplained <= 1
    assert background.share == pytest.approx(share, rel=0.6)
    # A limit rejects one request after the other.
    assert not all(background.explains(learn=False) for _ in range(10))


def test_a_share_that_ends_is_forgotten():
    background = BackgroundRejections()
    background.learn(5, 100)
    for _ in range(20_000):
        background.accept(learn=True)
    assert background.share == 0
    assert not background.explains(learn=True)


@given(
    rate=st.floats(1, 2_000),
    max_credit=st.floats(1, 50),
    idle=st.lists(st.floats(0, 1), min_size=1, max_size=100),
)
def test_no_more_is_sent_than_the_rate_and_the_credit_allow(rate: float, max_credit: float, idle: list[float]):
    pacer, now, sent = Pacer(), 0.0, 0
    pacer.restart(0.0, credit=1.0, max_credit=max_credit)
    for pause in idle:
        now += pause
        while (ready_at := pacer.ready_at(now, rate)) <= now:
            pacer.spend(now, rate)
            sent += 1
        now = ready_at
        assert pacer.ready_at(now, rate) <= now + 1e-6
    assert sent <= 1 + max_credit + rate * (now + 0.002)
