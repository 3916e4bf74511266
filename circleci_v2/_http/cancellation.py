"""Cancellation safety: being cancelled, at any moment, must not leak a connection.

httpcore returns connections to its pool inside anyio's shielded scopes. A native `asyncio.Task.cancel` ignores those
shields, and one at the wrong moment removes a connection from the pool for good
(https://github.com/encode/httpcore/issues/1093). On asyncio, `run_shielded` therefore runs the work in a task of its own
that is never cancelled natively: a cancellation of the caller is passed on as the cancellation of an anyio scope, which
the shields delay until the connection is safe. Trio has no cancellation other than by scopes, so no task is needed.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeVar, TypeVarTuple

import anyio
import httpx

__all__ = ["RunCancelledError", "drain_and_close", "run_shielded"]

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")

_MAX_DRAINED_CHUNKS: Final = 1 << 16
"""httpcore reads 64 KiB at a time; this bounds the loop if each chunk held one byte, or a custom transport never ends."""


class RunCancelledError(Exception):
    """`run_shielded` was stopped by its time limit or its scope; not a `TimeoutError`, which the work itself may raise."""


async def run_shielded(
    function: Callable[[*Arguments], Awaitable[T]],
    *arguments: *Arguments,
    seconds: float = math.inf,
    scope: anyio.CancelScope | None = None,
) -> T:
    """Run an async function so that it is only ever cancelled through an anyio scope, and has ended when this returns.

    Args:
        function: The function to run.
        arguments: Its positional arguments.
        seconds: How long it may take.
        scope: The scope it runs in, for callers that need to cancel it from elsewhere.

    Raises:
        RunCancelledError: It took longer than `seconds`, or `scope` was cancelled.
    """
    scope = scope or anyio.CancelScope()
    if anyio.get_cancelled_exc_class() is not asyncio.CancelledError:
        # Not asyncio, but trio.
        scope.deadline = anyio.current_time() + seconds
        with scope:
            return await function(*arguments)
        raise RunCancelledError

    async def run() -> T:
        with scope:
            return await function(*arguments)
        raise RunCancelledError

    # Equivalent to a task group with a deadline, at half of its cost; every request pays for it.
    loop = asyncio.get_running_loop()
    task = loop.create_task(run())
    timer = None if seconds == math.inf else loop.call_later(seconds, scope.cancel)
    try:
        await asyncio.wait([task])
    except asyncio.CancelledError:
        scope.cancel()
        await _wait_until_done(task)
        raise
    finally:
        if timer is not None:
            timer.cancel()
    return task.result()


async def _wait_until_done(task: asyncio.Task[T]) -> None:
    """Wait for a task whose scope was cancelled, however often the caller is cancelled meanwhile."""
    # anyio cancels a task inside a cancelled scope in every iteration of the event loop; the shield prevents that.
    with anyio.CancelScope(shield=True):
        while not task.done():
            try:
                await asyncio.wait([task])
            except asyncio.CancelledError:
                # The caller re-raises the first cancellation when the task is done.
                continue
    if not task.cancelled():
        # Mark the exception as retrieved; asyncio would log it otherwise.
        task.exception()


async def drain_and_close(response: httpx.Response, chunks: AsyncIterator[bytes]) -> None:
    """Stop reading a response body at any point, and return its connection.

    The body arrives through nested async generators of httpx and httpcore. Closing the outer one leaves the inner ones
    unfinished. Asyncio finalizes those itself; trio emits a `ResourceWarning` for each. So on trio, iteration continues
    under a cancelled scope up to the next wait for the network, which unwinds all of them.

    Args:
        response: The response to close.
        chunks: The iterator over its body; may be exhausted already.
    """
    try:
        if anyio.get_cancelled_exc_class() is not asyncio.CancelledError:
            await _unwind(chunks)
    finally:
        with anyio.CancelScope(shield=True):
            await response.aclose()


async def _unwind(chunks: AsyncIterator[bytes]) -> None:
    with anyio.CancelScope() as scope, suppress(httpx.RequestError):
        scope.cancel()
        for _ in range(_MAX_DRAINED_CHUNKS):
            # Chunks that are buffered already are few, and are discarded.
            if await anext(chunks, None) is None:
                return
