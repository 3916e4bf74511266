"""Policies: when a request is sent again, and how long the delay before is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circleci_v2 import RetryPolicy

IDEMPOTENT = ("GET", "HEAD", "PUT", "DELETE", "OPTIONS")
OTHERS = ("POST", "PATCH")


@pytest.mark.parametrize("method", [*IDEMPOTENT, *OTHERS])
@pytest.mark.parametrize("cause", [429, "never sent"])
def test_rejected_and_never_sent_requests_are_retried_for_every_method(method: str, cause: int | str):
    assert RetryPolicy().allows(1, method=method, cause=cause)  # type: ignore[arg-type]


@pytest.mark.parametrize("cause", [408, 500, 502, 503, 504, 520, "broken"])
def test_requests_that_may_have_taken_effect_are_retried_for_idempotent_methods_only(cause: int | str):
    policy = RetryPolicy()
    assert all(policy.allows(1, method=method, cause=cause) for method in IDEMPOTENT)  # type: ignore[arg-type]
    assert not any(policy.allows(1, method=method, cause=cause) for method in OTHERS)  # type: ignore[arg-type]


@given(st.sampled_from([*IDEMPOTENT, *OTHERS]), st.integers(200, 499).filter(lambda status: status not in {408, 429}))
def test_other_statuses_are_final(method: str, status: int):
    assert not RetryPolicy().allows(1, method=method, cause=status)


@given(st.integers(0, 20), st.integers(1, 40))
def test_there_are_no_more_attempts_than_allowed(max_retries: int, attempt: int):
    assert RetryPolicy(max_retries=max_retries).allows(attempt, method="GET", cause=503) == (attempt <= max_retries)


@given(st.integers(1, 5_000), st.floats(0, 1, exclude_max=True), st.floats(0.001, 10), st.floats(10, 100))
def test_the_delay_is_random_below_a_bound_that_doubles(attempt: int, chance: float, backoff: float, most: float):
    policy = RetryPolicy(backoff=backoff, max_backoff=most)
    pause = policy.delay(attempt, retry_after=None, random=lambda: chance)
    assert 0 <= pause <= min(most, backoff * 2.0 ** min(attempt - 1, 100))


@given(st.floats(0, 1e6), st.floats(0, 1, exclude_max=True))
def test_retry_after_is_waited_for_with_some_jitter(asked: float, chance: float):
    pause = RetryPolicy().delay(3, retry_after=asked, random=lambda: chance)
    assert asked <= pause <= asked + min(0.1 * asked, 1.0)
