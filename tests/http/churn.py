"""Churn: concurrent tasks whose calls are cancelled at random, for as long as required."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Final

import anyio
import attrs

from tests.http.cancelling import Way, Work, after

# About the number of iterations of the event loop that a call takes without waiting for others.
_MOST_STEPS: Final = 20


@attrs.define
class Churn:
    """The calls so far.

    Attributes:
        finished: Calls that ended before they were cancelled.
        cancelled: Calls that did not.
    """

    finished: int = 0
    cancelled: int = 0


async def churn(work: Work, ways: Sequence[Way], *, tasks: int, seed: int, goes_on: Callable[[Churn], bool]) -> Churn:
    """Call and cancel in concurrent tasks, each time in a random way and at a random step.

    Args:
        work: What to call.
        ways: How to cancel.
        tasks: The number of tasks.
        seed: The seed of all random choices.
        goes_on: Returns whether to continue; called before each call.
    """
    seen = Churn()

    async def call_and_cancel(choices: random.Random) -> None:
        while goes_on(seen):
            steps = choices.randrange(_MOST_STEPS * choices.choice((1, 1, 1, tasks)))
            if await choices.choice(ways)(work, after(steps)):
                seen.finished += 1
            else:
                seen.cancelled += 1

    async with anyio.create_task_group() as group:
        for number in range(tasks):
            group.start_soon(call_and_cancel, random.Random(seed + number))
    return seen
