"""Isolation: work that survives being cancelled at any moment without losing what it holds.

httpcore gives connections back under anyio's shields. A native `asyncio.Task.cancel` ignores those, and one at the wrong
moment takes a connection out of the pool for ever (encode/httpcore#1093). So on asyncio the work runs in a task that nobody
cancels natively: whoever waits for it passes a cancellation on as anyio's own, which the shields hold off until the
connection is safe. Trio knows no other cancellation than that, so there the work needs no task.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

__all__ = ["EndedError", "is_asyncio", "isolated"]

T = TypeVar("T")


class EndedError(Exception):
    """The work was ended before it was done. No `TimeoutError`, which the work may raise for reasons of its own."""


async def isolated(
    function: Callable[[], Awaitable[T]], *, seconds: float = math.inf, scope: anyio.CancelScope | None = None
) -> T:
    """Run a function so that it is only ever cancelled in anyio's way, and is over when this is.

    Args:
        function: What to run.
        seconds: How long it may take.
        scope: What it runs in, for those who may have to end it.

    Raises:
        EndedError: It took longer, or its scope was cancelled.
    """
    scope = scope or anyio.CancelScope()
    if is_asyncio():
        return await _in_a_task(function, seconds, scope)
    scope.deadline = anyio.current_time() + seconds
    with scope:
        return await function()
    raise EndedError


def is_asyncio() -> bool:
    """Whether this runs on asyncio, and not on trio."""
    try:
        return asyncio.current_task() is not None
    except RuntimeError:
        return False


async def _in_a_task(function: Callable[[], Awaitable[T]], seconds: float, scope: anyio.CancelScope) -> T:
    """What a task group with a deadline does, at half the price; each request pays it."""
    loop = asyncio.get_running_loop()
    over = loop.create_future()

    async def run() -> T:
        with scope:
            return await function()
        raise EndedError

    def tell(_: asyncio.Task[T]) -> None:
        if not over.done():
            over.set_result(None)

    task = loop.create_task(run())
    task.add_done_callback(tell)
    timer = None if seconds == math.inf else loop.call_later(seconds, scope.cancel)
    try:
        await over
    except asyncio.CancelledError:
        scope.cancel()
        await _outlasting(task)
        raise
    finally:
        if timer is not None:
            timer.cancel()
    return task.result()


async def _outlasting(task: asyncio.Task[T]) -> None:
    """Wait until a task that was told to end has ended, whatever is cancelled meanwhile."""
    # The shield is for the scopes of the caller, which cancel this wait once in every turn of the loop.
    with anyio.CancelScope(shield=True):
        while not task.done():
            try:
                await asyncio.wait([task])
            except asyncio.CancelledError:
                # The caller is being cancelled already, and will know when the task is over.
                continue
    if not task.cancelled():
        # Asked for, so that asyncio does not log an error that the cancellation has overtaken.
        task.exception()
