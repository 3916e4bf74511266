"""Who may send when: a bound on what is under way, gates, turns and two priorities, in virtual time."""

from __future__ import annotations

import itertools
import random
from collections.abc import AsyncIterator, Callable

import anyio
import attrs
import pytest

from circleci_v2 import ConfigurationError
from circleci_v2._http.rate_limit.adaptive import budget_for
from circleci_v2._http.rate_limit.budget import Budget, Reservation, UnlimitedBudget
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
    """Calls of one limiter, each of which holds its place for a while; notes what happens."""

    def __init__(self, clock: VirtualClock, *, places: int, new_budget: Callable[[], Budget] = UnlimitedBudget) -> None:
        self.clock = clock
        self.limiter = Limiter(max_concurrency=places, clock=clock, new_budget=new_budget)
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
        self.limiter.rejected(permit, told, pause=30.0, rejection=None)
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


@pytest.mark.parametrize("places", [1, 3, 10])
async def test_no_more_are_in_flight_than_there_are_places(clock: VirtualClock, places: int):
    crowd = Crowd(clock, places=places)
    async with anyio.create_task_group() as tasks:
        for _ in range(30):
            tasks.start_soon(crowd.call)
    assert crowd.most_in_flight == places
    assert clock.now() == pytest.approx(30 / places, rel=0.01)


async def test_who_comes_first_goes_first(clock: VirtualClock):
    crowd = Crowd(clock, places=1)
    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(crowd.call)
    # Tasks of trio begin in any order; the turns are those of the numbers they drew.
    assert crowd.begun == sorted(crowd.begun)


async def test_an_interactive_call_goes_before_all_that_are_not(clock: VirtualClock):
    crowd = Crowd(clock, places=1)
    async with anyio.create_task_group() as tasks:
        for _ in range(100):
            tasks.start_soon(lambda: crowd.call(interactive=False))
        await clock.sleep(0.5)
        started = clock.now()
        await crowd.call(seconds=0.0)
        assert clock.now() - started == pytest.approx(0.5)
        tasks.cancel_scope.cancel()


async def test_a_refusal_closes_the_gate_for_all_of_its_bucket_and_for_no_other(clock: VirtualClock):
    crowd = Crowd(clock, places=10)
    await crowd.refused("refused", None)
    started = clock.now()
    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(lambda: crowd.call("refused", seconds=0.0))
        await crowd.call("another", seconds=0.0)
        assert clock.now() == started
    assert clock.now() - started == pytest.approx(30.0)


async def test_who_may_not_wait_that_long_is_sent_away_at_once(clock: VirtualClock):
    crowd = Crowd(clock, places=10)
    await crowd.refused("a", None)
    with pytest.raises(CooldownError) as caught:
        await crowd.admitted(max_wait=10.0)
    assert caught.value.seconds == pytest.approx(30.0)
    assert clock.now() == 0.0


async def test_nothing_is_held_before_a_closed_gate():
    crowd = Crowd(VirtualClock(), places=1)  # whose time stands still
    await crowd.refused("refused", None)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: crowd.call("refused"))
        await settled()
        assert crowd.limiter.try_acquire("another", interactive=True) is not None
        tasks.cancel_scope.cancel()


async def test_operations_that_tell_the_same_budget_share_a_gate(clock: VirtualClock):
    crowd = Crowd(clock, places=10)
    for operation in ("one", "other"):
        await crowd.answered(operation, FIFTY)
    await crowd.refused("one", FIFTY)
    with pytest.raises(CooldownError):
        await crowd.admitted("other", max_wait=1.0)


async def test_an_operation_that_leaves_a_budget_leaves_it_to_those_that_tell_it(clock: VirtualClock):
    crowd = Crowd(clock, places=10)
    for operation in ("one", "other"):
        await crowd.answered(operation, FIFTY)
    await crowd.answered("one", attrs.evolve(FIFTY, limit=80))
    await crowd.answered("third", FIFTY)
    await crowd.refused("other", FIFTY)
    with pytest.raises(CooldownError):
        await crowd.admitted("third", max_wait=1.0)


@pytest.mark.parametrize("operations", ["ab", "abcde"])
async def test_operations_that_turn_out_to_share_a_budget_use_it_up_together(clock: VirtualClock, operations: str):
    crowd = Crowd(clock, places=50, new_budget=lambda: budget_for(RateLimitPolicy()))
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
                crowd.limiter.rejected(permit, verdict.limit, pause=verdict.retry_after, rejection=None)
            crowd.limiter.release(permit)

    async with anyio.create_task_group() as tasks:
        for operation in itertools.islice(itertools.cycle(operations), calls):
            tasks.start_soon(call, operation)
    # Trio runs tasks in any order, so that some runs find the shared budget later than others.
    assert clock.now() <= 2 * (calls - 10) / 50


async def test_who_comes_before_a_closed_gate_while_waiting_may_not_have_to_wait_that_long(clock: VirtualClock):
    crowd = Crowd(clock, places=2)
    await crowd.refused("one", FIFTY)
    first, another = await crowd.admitted("other"), await crowd.admitted("another")
    async with anyio.create_task_group() as tasks:

        async def sent_away() -> None:
            with pytest.raises(CooldownError):
                await crowd.admitted("other", max_wait=1.0)

        tasks.start_soon(sent_away)
        await settled()
        # Only now is it known that the gate of one is that of the other.
        crowd.limiter.accepted(first, FIFTY)
    assert clock.now() == 0.0
    for permit in (first, another):
        crowd.limiter.release(permit)


@pytest.mark.parametrize("seed", range(5))
async def test_cancelled_at_random_moments_nobody_keeps_a_place(clock: VirtualClock, seed: int):
    crowd, chance = Crowd(clock, places=3), random.Random(seed)

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


async def test_closing_sends_everybody_away_with_the_reason(clock: VirtualClock):
    crowd = Crowd(clock, places=1)
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


def test_half_an_hour_of_silence_after_a_refusal_overflows_nothing():
    budget = ThroughputEstimator(initial=5)
    now = 0.0
    for number in range(1, 4):
        budget.reserve(now)
        budget.rejected(Reservation(now, number), now, 1.0)
        now += 10.0
    for pause in (60.0, 1800.0, 86400.0, 31536000.0):
        assert budget.ready_at(now + pause) <= now + pause
