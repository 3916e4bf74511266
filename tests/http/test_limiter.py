"""Limiter: concurrency, cooldowns, order and two priorities, in virtual time."""

from __future__ import annotations

import itertools
import random
from collections.abc import AsyncIterator, Callable

import anyio
import attrs
import pytest

from circleci_v2 import ConfigurationError
from circleci_v2._http.rate_limit.budget import Budget, UnlimitedBudget, budget_for
from circleci_v2._http.rate_limit.from_throughput import ThroughputEstimator
from circleci_v2._http.rate_limit.limiter import CooldownError, Limiter, Permit
from circleci_v2.policies import RateLimit, RateLimitPolicy
from tests.http.limited import TokenBucket
from tests.http.virtual_time import VirtualClock, settled, virtual_time

pytestmark = pytest.mark.anyio

PATIENT = 1e9
FIFTY = RateLimit(family="ratelimit", limit=50, remaining=40)


@pytest.fixture
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(getattr(request, "param", "asyncio"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "anyio_backend" in metafunc.fixturenames:
        metafunc.parametrize("anyio_backend", ["asyncio", "trio"], indirect=True)


@pytest.fixture
async def clock() -> AsyncIterator[VirtualClock]:
    async with virtual_time() as clock:
        yield clock


class Crowd:
    """Calls of one limiter, each of which holds its permit for a while; records their order and concurrency."""

    def __init__(
        self, clock: VirtualClock, *, max_concurrency: int, new_budget: Callable[[], Budget] = UnlimitedBudget
    ) -> None:
        self.clock = clock
        self.limiter = Limiter(max_concurrency=max_concurrency, clock=clock, new_budget=lambda _: new_budget())
        self.in_flight = 0
        self.most_in_flight = 0
        self.begun: list[int] = []
        self._calls = 0

    async def admitted(
        self, operation: str = "a", *, interactive: bool = True, max_wait: float = PATIENT, sequence: int | None = None
    ) -> Permit:
        self._calls += 1
        sequence = self._calls if sequence is None else sequence
        at_once = self.limiter.try_acquire(operation, interactive=interactive)
        permit = at_once or await self.limiter.acquire(
            operation, interactive=interactive, sequence=sequence, max_wait=max_wait
        )
        self.begun.append(sequence)
        return permit

    async def answered(self, operation: str, told: RateLimit) -> None:
        permit = await self.admitted(operation)
        self.limiter.accepted(permit, told)
        self.limiter.release(permit)

    async def refused(self, operation: str, told: RateLimit | None) -> None:
        permit = await self.admitted(operation)
        self.limiter.rejected(permit, told, pause=30.0, retry_after=30.0, rejection=None)
        self.limiter.release(permit)

    async def call(self, operation: str = "a", *, seconds: float = 1.0, interactive: bool = True) -> None:
        permit = await self.admitted(operation, interactive=interactive)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await self.clock.sleep(seconds)
            self.limiter.accepted(permit, None)
        finally:
            self.in_flight -= 1
            self.limiter.release(permit)


@pytest.mark.parametrize("max_concurrency", [1, 3, 10])
async def test_no_more_calls_are_in_flight_than_max_concurrency(clock: VirtualClock, max_concurrency: int):
    crowd = Crowd(clock, max_concurrency=max_concurrency)
    async with anyio.create_task_group() as tasks:
        for _ in range(30):
            tasks.start_soon(crowd.call)
    assert crowd.most_in_flight == max_concurrency
    assert clock.now() == pytest.approx(30 / max_concurrency, rel=0.01)


async def test_calls_are_sent_in_the_order_they_were_made(clock: VirtualClock):
    crowd = Crowd(clock, max_concurrency=1)
    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(crowd.call)
    # Tasks of trio begin in any order; the turns are those of the numbers they drew.
    assert crowd.begun == sorted(crowd.begun)


async def test_an_interactive_call_goes_before_all_bulk_calls(clock: VirtualClock):
    crowd = Crowd(clock, max_concurrency=1)
    async with anyio.create_task_group() as tasks:
        for _ in range(100):
            tasks.start_soon(lambda: crowd.call(interactive=False))
        await clock.sleep(0.5)
        started = clock.now()
        await crowd.call(seconds=0.0)
        assert clock.now() - started == pytest.approx(0.5)
        tasks.cancel_scope.cancel()


async def test_a_rejection_starts_a_cooldown_of_its_bucket_and_of_no_other(clock: VirtualClock):
    crowd = Crowd(clock, max_concurrency=10)
    await crowd.refused("refused", None)
    started = clock.now()
    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(lambda: crowd.call("refused", seconds=0.0))
        await crowd.call("another", seconds=0.0)
        assert clock.now() == started
    assert clock.now() - started == pytest.approx(30.0)


async def test_a_call_that_may_not_wait_for_the_cooldown_fails_immediately(clock: VirtualClock):
    crowd = Crowd(clock, max_concurrency=10)
    await clock.sleep(100.0)
    await crowd.refused("a", None)
    await clock.sleep(10.0)
    with pytest.raises(CooldownError) as caught:
        await crowd.admitted(max_wait=10.0)
    assert caught.value.seconds == pytest.approx(20.0)
    assert clock.now() == pytest.approx(110.0)


async def test_a_call_that_waits_for_a_cooldown_holds_no_permit():
    crowd = Crowd(VirtualClock(), max_concurrency=1)  # its time stands still
    await crowd.refused("refused", None)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: crowd.call("refused"))
        await settled()
        assert crowd.limiter.try_acquire("another", interactive=True) is not None
        tasks.cancel_scope.cancel()


async def test_operations_with_the_same_rate_limit_headers_share_a_cooldown(clock: VirtualClock):
    crowd = Crowd(clock, max_concurrency=10)
    for operation in ("one", "other"):
        await crowd.answered(operation, FIFTY)
    await crowd.refused("one", FIFTY)
    with pytest.raises(CooldownError):
        await crowd.admitted("other", max_wait=1.0)


async def test_a_bucket_survives_when_one_of_its_operations_moves_away(clock: VirtualClock):
    crowd = Crowd(clock, max_concurrency=10)
    for operation in ("one", "other"):
        await crowd.answered(operation, FIFTY)
    await crowd.answered("one", attrs.evolve(FIFTY, limit=80))
    await crowd.answered("third", FIFTY)
    await crowd.refused("other", FIFTY)
    with pytest.raises(CooldownError):
        await crowd.admitted("third", max_wait=1.0)


@pytest.mark.parametrize("operations", ["ab", "abcde"])
async def test_operations_that_turn_out_to_share_a_bucket_share_its_budget(clock: VirtualClock, operations: str):
    crowd = Crowd(clock, max_concurrency=50, new_budget=lambda: budget_for(RateLimitPolicy()))
    server, calls, chance = TokenBucket(50, 10), 400, random.Random(0)

    async def call(operation: str) -> None:
        accepted = False
        while not accepted:
            permit = await crowd.admitted(operation)
            await clock.sleep(0.02 + 0.002 * chance.random())
            verdict = server.ask(clock.now())
            await clock.sleep(0.18 + 0.002 * chance.random())
            accepted = verdict.accepted
            if accepted:
                crowd.limiter.accepted(permit, verdict.limit)
            else:
                pause = verdict.retry_after
                assert pause is not None
                crowd.limiter.rejected(permit, verdict.limit, pause=pause, retry_after=pause, rejection=None)
            crowd.limiter.release(permit)

    async with anyio.create_task_group() as tasks:
        for operation in itertools.islice(itertools.cycle(operations), calls):
            tasks.start_soon(call, operation)
    # Trio runs tasks in any order, so that some runs find the shared budget later than others.
    assert clock.now() <= 2 * (calls - 10) / 50


async def test_a_waiter_that_is_moved_into_a_cooldown_fails_if_it_may_not_wait_that_long(clock: VirtualClock):
    crowd = Crowd(clock, max_concurrency=2)
    await crowd.refused("one", FIFTY)
    first, another = await crowd.admitted("other"), await crowd.admitted("another")
    async with anyio.create_task_group() as tasks:

        async def fails() -> None:
            with pytest.raises(CooldownError):
                await crowd.admitted("other", max_wait=1.0)

        tasks.start_soon(fails)
        await settled()
        # Only this response shows that both operations share a bucket.
        crowd.limiter.accepted(first, FIFTY)
    assert clock.now() == 0.0
    for permit in (first, another):
        crowd.limiter.release(permit)


@pytest.mark.parametrize("seed", range(5))
async def test_calls_that_are_cancelled_at_random_moments_return_their_permits(clock: VirtualClock, seed: int):
    crowd, chance = Crowd(clock, max_concurrency=3), random.Random(seed)

    async def cancelled_call() -> None:
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as tasks:

                async def cancel() -> None:
                    await clock.sleep(chance.random() * 4)
                    scope.cancel()

                tasks.start_soon(cancel)
                await crowd.call(chance.choice("ab"), seconds=chance.random(), interactive=chance.random() < 0.5)
                tasks.cancel_scope.cancel()

    async with anyio.create_task_group() as tasks:
        for _ in range(60):
            tasks.start_soon(cancelled_call)
    assert crowd.in_flight == 0
    held = [crowd.limiter.try_acquire("c", interactive=True) for _ in range(4)]
    assert [permit is not None for permit in held] == [True, True, True, False]


async def test_closing_fails_all_waiters_with_the_reason(clock: VirtualClock):
    crowd = Crowd(clock, max_concurrency=1)
    holder = await crowd.admitted()
    errors: list[str] = []

    async def waits() -> None:
        try:
            await crowd.admitted()
        except ConfigurationError as error:
            errors.append(str(error))

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(waits)
        await settled()
        crowd.limiter.close()
    crowd.limiter.release(holder)
    assert len(errors) == 3
    assert all("this client was closed" in error for error in errors)


def test_half_an_hour_without_requests_after_a_rejection_does_not_overflow():
    budget = ThroughputEstimator(initial=5)
    now = 0.0
    for _ in range(3):
        budget.reserve(now)
        budget.rejected(now, now, 1.0)
        now += 10.0
    for pause in (60.0, 1800.0, 86400.0, 31536000.0):
        assert budget.ready_at(now + pause) <= now + pause
