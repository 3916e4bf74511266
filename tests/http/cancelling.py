"""The ways in which Python programs cancel tasks, each at an exact step of the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import anyio
from anyio.lowlevel import checkpoint

Work = Callable[[], Awaitable[Any]]
Moment = Callable[[], Awaitable[None]]
"""Returns when it is time to cancel."""
Way = Callable[[Work, Moment], Awaitable[bool]]
"""Starts the work, cancels it at the moment, and returns whether it had finished before."""

# Less than any timeout of the clients in these tests.
SECONDS: Final = 10.0


class SkippingLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock can be advanced, so that a timeout ends at an exact step."""

    def __init__(self) -> None:
        self._skipped = 0.0
        super().__init__()

    def time(self) -> float:
        return super().time() + self._skipped

    def skip(self, seconds: float) -> None:
        self._skipped += seconds


class SiblingError(Exception):
    """The error of a sibling task."""


def after(steps: int) -> Moment:
    """Return after a number of iterations of the event loop."""

    async def moment() -> None:
        for _ in range(steps):
            await checkpoint()

    return moment


async def by_task_cancel(work: Work, moment: Moment) -> bool:
    task = asyncio.ensure_future(work())
    await moment()
    task.cancel()
    return await _ended(task, asyncio.CancelledError)


async def by_task_cancel_at_every_step(work: Work, moment: Moment) -> bool:
    """Cancel repeatedly until the task has ended, as some supervisors do."""
    task = asyncio.ensure_future(work())
    await moment()
    while not task.done():
        task.cancel()
        await asyncio.sleep(0)
    return await _ended(task, asyncio.CancelledError)


async def by_timeout(work: Work, moment: Moment) -> bool:
    async def timed() -> None:
        async with asyncio.timeout(SECONDS):
            await work()

    return await _timed_out(timed(), moment)


async def by_wait_for(work: Work, moment: Moment) -> bool:
    return await _timed_out(asyncio.wait_for(work(), SECONDS), moment)


async def by_failing_sibling(work: Work, moment: Moment) -> bool:
    async def fail() -> None:
        await moment()
        raise SiblingError

    async def working() -> None:
        await work()

    async def grouped() -> bool:
        task: asyncio.Task[None] | None = None
        try:
            async with asyncio.TaskGroup() as group:
                task = group.create_task(working())
                group.create_task(fail())
        except* SiblingError:
            pass
        return task is not None and not task.cancelled()

    # Python 3.11 leaves the task that a group belonged to marked as being cancelled, so it is one of its own.
    return await asyncio.ensure_future(grouped())


async def by_cancel_scope(work: Work, moment: Moment) -> bool:
    finished = False
    scope = anyio.CancelScope()

    async def scoped() -> None:
        nonlocal finished
        with scope:
            await work()
            finished = True

    async with anyio.create_task_group() as group:
        group.start_soon(scoped)
        await moment()
        scope.cancel()
    return finished


async def _timed_out(work: Awaitable[None], moment: Moment) -> bool:
    task = asyncio.ensure_future(work)
    # The timeout starts with the task.
    await checkpoint()
    await moment()
    loop = asyncio.get_running_loop()
    assert isinstance(loop, SkippingLoop)
    loop.skip(SECONDS)
    return await _ended(task, TimeoutError)


async def _ended(task: asyncio.Future[Any], cancelled: type[BaseException]) -> bool:
    try:
        await task
    except cancelled:
        return False
    return True


ASYNCIO_WAYS: Final[dict[str, Way]] = {
    "task.cancel": by_task_cancel,
    "asyncio.timeout": by_timeout,
    "asyncio.wait_for": by_wait_for,
    "TaskGroup sibling": by_failing_sibling,
    "anyio cancel scope": by_cancel_scope,
}
"""The ways by name; trio has the last one only."""
