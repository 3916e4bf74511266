"""Receiving: an incoming file as the place where a download goes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager

import anyio
from anyio import to_thread

from circleci_v2._files.directories import Directory
from circleci_v2._files.incoming import IncomingFile

__all__ = ["FileSink", "receive"]

# Each write costs a change of threads, about 0.1 ms, which is nothing beside a mebibyte.
BUFFER_BYTES = 1 << 20

Report = Callable[[int, int | None], None]


class FileSink:
    """Where the bytes of one download go: to memory first, to the file a mebibyte at a time.

    Args:
        incoming: An open file.
        report: Called with the bytes received so far, and the size when it is known.
    """

    def __init__(self, incoming: IncomingFile, report: Report | None = None) -> None:
        self._incoming = incoming
        self._report = report
        self._buffer = bytearray()
        self._received = 0
        self._size: int | None = None

    async def begin(self, size: int | None) -> None:
        """Start over, with an empty file."""
        self._size = size
        if self._received:
            self._received = 0
            self._buffer.clear()
            await to_thread.run_sync(self._incoming.restart)

    async def write(self, data: bytes) -> None:
        """Append to the file, sooner or later."""
        self._buffer += data
        self._received += len(data)
        if len(self._buffer) >= BUFFER_BYTES:
            await self.flush()
        if self._report is not None:
            self._report(self._received, self._size)

    async def flush(self) -> None:
        """Append to the file what is still in memory."""
        if self._buffer:
            full, self._buffer = self._buffer, bytearray()
            await to_thread.run_sync(self._incoming.write, full)


@asynccontextmanager
async def receive(
    root: Directory, parts: Sequence[str], *, replace: bool, report: Report | None = None
) -> AsyncGenerator[FileSink]:
    """A file that is there after the block, whole and durable, or not at all when the block raises or is cancelled.

    Args:
        root: An open directory.
        parts: The names of directories below it, and of the file.
        replace: Whether a file that has the name already is replaced.
        report: Called with the bytes received so far, and the size when it is known.

    Raises:
        FileExistsError: A file has the name already and may not be replaced.
        OSError: Something else is in the way, or the file system refuses.
    """
    incoming = IncomingFile(root, parts, replace=replace)
    try:
        await to_thread.run_sync(incoming.open)
        sink = FileSink(incoming, report)
        yield sink
        await sink.flush()
        await to_thread.run_sync(incoming.publish)
    finally:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(incoming.discard)
