"""Opening: what worker threads open, closed even when nobody waits for them any more."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import ExitStack, asynccontextmanager
from typing import Generic, TypeVar

import anyio
from anyio import to_thread

__all__ = ["opened"]

T = TypeVar("T")


@asynccontextmanager
async def opened(work: Callable[[ExitStack], T]) -> AsyncGenerator[T]:
    """What a function opens in a worker thread, as long as the block lasts.

    A task that asyncio cancels by itself (`task.cancel`, `asyncio.timeout`) does not wait for its thread, and what the
    thread returns is lost. So the thread leaves what it opens with a stack that was there before it.

    Args:
        work: Opens, and leaves with the stack what is to be closed.
    """
    opening = _Opening(work)
    try:
        yield await to_thread.run_sync(opening.open)
    finally:
        if not opening.close(wait=False):
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(lambda: opening.close(wait=True))


class _Opening(Generic[T]):
    def __init__(self, work: Callable[[ExitStack], T]) -> None:
        self._work = work
        self._left_open = ExitStack()
        self._over = False
        self._turn = threading.Lock()

    def open(self) -> T:
        try:
            with self._turn:
                return self._work(self._left_open)
        finally:
            if self._over:
                self.close(wait=True)

    def close(self, *, wait: bool) -> bool:
        """Close what was opened; without `wait`, False when a thread still opens, which closes it then."""
        self._over = True
        if not self._turn.acquire(blocking=wait):
            return False
        try:
            self._left_open.close()
        finally:
            self._turn.release()
        return True
