"""Isolation: work that survives being cancelled at any moment without losing what it holds.

httpcore gives connections back under anyio's shields. A native `asyncio.Task.cancel` ignores those, and one at the wrong
moment takes a connection out of the pool for ever (encode/httpcore#1093). In a child of an anyio task group every
cancellation arrives as anyio's own, which the shields hold off until the connection is safe.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

__all__ = ["isolated"]

T = TypeVar("T")


async def isolated(function: Callable[[], Awaitable[T]], *, seconds: float = math.inf) -> T:
    """Run a function in a child task.

    Args:
        function: What to run. Its errors are raised as they are, in no group.
        seconds: How long it may take.

    Raises:
        TimeoutError: It took longer.
    """
    results: list[T] = []
    failures: list[Exception] = []

    async def run() -> None:
        try:
            results.append(await function())
        except Exception as error:  # noqa: BLE001 - raised again, outside the group
            failures.append(error)

    async with anyio.create_task_group() as group:
        if seconds != math.inf:
            group.cancel_scope.deadline = anyio.current_time() + seconds
        group.start_soon(run)
    if failures:
        raise failures[0]
    if not results:
        raise TimeoutError
    return results[0]
