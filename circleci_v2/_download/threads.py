"""Blocking file operations in worker threads: buffered writes, and resources that are closed despite cancellation."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import ExitStack, asynccontextmanager
from typing import Generic, Protocol, TypeAlias, TypeVar

import anyio
from anyio import to_thread

__all__ = ["BufferedSink", "OnBytes", "RestartableFile", "open_in_thread"]

T = TypeVar("T")

OnBytes: TypeAlias = Callable[[int, int | None], None]
"""Called with the bytes received so far, and the total when the server sent it."""

# A write in a worker thread costs about 0.1 ms for the switch of threads, which is negligible for a mebibyte.
BUFFER_BYTES = 1 << 20


@asynccontextmanager
async def open_in_thread(work: Callable[[ExitStack], T]) -> AsyncGenerator[T]:
    """Open resources in a worker thread, and close them after the block even if the task is cancelled meanwhile.

    A task that asyncio cancels natively (`task.cancel`, `asyncio.timeout`) does not wait for its thread, and the
    thread's return value is lost. Therefore the thread registers everything it opens with a stack that outlives it.

    Args:
        work: Opens the resources, and registers them with the stack that it receives.

    Yields:
        The return value of `work`.
    """
    opening = _ThreadedOpen(work)
    try:
        yield await to_thread.run_sync(opening.open)
    finally:
        if not opening.close(wait=False):
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(lambda: opening.close(wait=True))


class _ThreadedOpen(Generic[T]):
    def __init__(self, work: Callable[[ExitStack], T]) -> None:
        self._work = work
        self._resources = ExitStack()
        self._closing = False
        self._lock = threading.Lock()

    def open(self) -> T:
        try:
            with self._lock:
                return self._work(self._resources)
        finally:
            if self._closing:
                self.close(wait=True)

    def close(self, *, wait: bool) -> bool:
        """Close the resources.

        Returns:
            Whether they are closed. Without `wait`, False while a thread is still in `open`; that thread closes them.
        """
        self._closing = True
        if not self._lock.acquire(blocking=wait):
            return False
        try:
            self._resources.close()
        finally:
            self._lock.release()
        return True


class RestartableFile(Protocol):
    """A file that is written in worker threads."""

    def write(self, data: bytes | bytearray) -> object:
        """Append to the file."""
        ...

    def restart(self) -> None:
        """Discard the content and continue with an empty file."""
        ...


class BufferedSink:
    """The target of one download: collects bytes in memory and writes them to a file a mebibyte at a time.

    Args:
        file: An open file.
        on_bytes: Called after each write with the bytes received so far, and the total when it is known.
    """

    def __init__(self, file: RestartableFile, on_bytes: OnBytes | None = None) -> None:
        self._file = file
        self._on_bytes = on_bytes
        self._buffer = bytearray()
        self._received = 0
        self._size: int | None = None

    async def begin(self, size: int | None) -> None:
        """Start from an empty file; `size` is the expected total in bytes."""
        self._size = size
        if self._received:
            self._received = 0
            self._buffer.clear()
            await to_thread.run_sync(self._file.restart)

    async def write(self, data: bytes) -> None:
        """Add bytes to the buffer, and write the buffer to the file when it is full."""
        self._buffer += data
        self._received += len(data)
        if len(self._buffer) >= BUFFER_BYTES:
            await self.flush()
        if self._on_bytes is not None:
            self._on_bytes(self._received, self._size)

    async def flush(self) -> None:
        """Write the buffer to the file."""
        if self._buffer:
            full, self._buffer = self._buffer, bytearray()
            await to_thread.run_sync(self._file.write, full)
