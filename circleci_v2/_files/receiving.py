"""Receiving: an incoming file as the place where a download goes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

import anyio
from anyio import to_thread

from circleci_v2._files.directories import Directory
from circleci_v2._files.incoming import IncomingFile

__all__ = ["FileSink", "Writable", "incoming_file", "receive"]

# Each write costs a change of threads, about 0.1 ms, which is nothing beside a mebibyte.
BUFFER_BYTES = 1 << 20

Report = Callable[[int, int | None], None]


class Writable(Protocol):
    """A file, written in worker threads."""

    def write(self, data: bytes | bytearray) -> object:
        """Append to the file."""
        ...

    def restart(self) -> None:
        """Drop what was written, to begin again."""
        ...


class FileSink:
    """Where the bytes of one download go: to memory first, to the file a mebibyte at a time.

    Args:
        file: An open file.
        report: Called with the bytes received so far, and the size when it is known.
    """

    def __init__(self, file: Writable, report: Report | None = None) -> None:
        self._file = file
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
            await to_thread.run_sync(self._file.restart)

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
            await to_thread.run_sync(self._file.write, full)


@asynccontextmanager
async def incoming_file(root: Directory, parts: Sequence[str], *, replace: bool) -> AsyncGenerator[IncomingFile]:
    """A file that is there after the block, whole and durable, or not at all when the block raises or is cancelled.

    Args:
        root: An open directory.
        parts: The names of directories below it, and of the file.
        replace: Whether a file that has the name already is replaced.

    Raises:
        FileExistsError: A file has the name already and may not be replaced.
        OSError: Something else is in the way, or the file system refuses.
    """
    incoming = IncomingFile(root, parts, replace=replace)
    try:
        await to_thread.run_sync(incoming.open)
        yield incoming
        await to_thread.run_sync(incoming.publish)
    finally:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(incoming.discard)


@asynccontextmanager
async def receive(
    root: Directory, parts: Sequence[str], *, replace: bool, report: Report | None = None
) -> AsyncGenerator[FileSink]:
    """The same as a sink for a download; `report` is called as `FileSink` says."""
    async with incoming_file(root, parts, replace=replace) as incoming:
        sink = FileSink(incoming, report)
        yield sink
        await sink.flush()
