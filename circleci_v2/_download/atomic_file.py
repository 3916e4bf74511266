"""AtomicFile: a file that gets its name only when it is complete and on disk."""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import AsyncGenerator, Sequence
from contextlib import ExitStack, asynccontextmanager
from typing import Literal, Self, TypeAlias

import anyio
from anyio import to_thread

from circleci_v2._download.safe_directory import Directory, is_link, require_absent, symlink_error, temporary_name
from circleci_v2._download.threads import BufferedSink, OnBytes

__all__ = ["AtomicFile", "Overwrite", "atomic_file", "atomic_file_sink"]

Overwrite: TypeAlias = Literal["error", "skip", "replace"]
"""How to treat a file that exists: fail, keep it and continue, or replace it."""


class AtomicFile:
    """A file that is written under a temporary name beside its final name.

    The methods block, so call them in worker threads. A lock serialises them: when a task is cancelled while a thread
    still works for it, `discard` waits for that thread and then cleans up.

    Args:
        root: An open directory; it stays open.
        parts: The names of the directories below the root, created when missing, and of the file.
        replace: Whether to replace a file that has the name already.
    """

    def __init__(self, root: Directory, parts: Sequence[str], *, replace: bool) -> None:
        *self._parents, self._name = parts
        self._root = root
        self._replace = replace
        self._temporary = temporary_name()
        self._directory = root
        self._descriptor: int | None = None
        self._finished = False
        self._lock = threading.Lock()

    def open(self) -> Self:
        """Create the directories and the temporary file.

        Raises:
            FileExistsError: A file has the name already and must not be replaced.
            OSError: A directory or a link has the name, or the file system reports an error.
        """
        with self._lock:
            if self._finished:
                raise _not_open()
            self._directory = _open_parents(self._root, self._parents)
            _require_writable(self._directory, self._name, replace=self._replace)
            self._descriptor = self._directory.create(self._temporary)
        return self

    def write(self, data: bytes | bytearray) -> None:
        """Append to the file."""
        with self._lock:
            descriptor = self._open_descriptor()
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(descriptor, rest) :]

    def restart(self) -> None:
        """Discard the content and continue with an empty file."""
        with self._lock:
            descriptor = self._open_descriptor()
            os.ftruncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)

    def commit(self) -> None:
        """Flush the content to disk, then give the file its final name.

        Raises:
            FileExistsError: A file got the name in the meantime and must not be replaced.
        """
        with self._lock:
            os.fsync(self._open_descriptor())
            # Windows cannot rename an open file.
            self._close_descriptor()
            self._directory.rename(self._temporary, self._name, replace=self._replace)
            self._finish()

    def discard(self) -> None:
        """Remove the temporary file; do nothing after `commit`."""
        with self._lock:
            if self._finished:
                return
            with ExitStack() as cleanup:
                cleanup.callback(self._finish)
                cleanup.callback(self._directory.remove, self._temporary)
                self._close_descriptor()

    def _open_descriptor(self) -> int:
        if self._descriptor is None:
            raise _not_open()
        return self._descriptor

    def _close_descriptor(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            # Even when close() fails, the descriptor is gone and its number may be reused: never close it twice.
            os.close(descriptor)

    def _finish(self) -> None:
        self._finished = True
        if self._directory is not self._root:
            self._directory.close()


def _open_parents(root: Directory, parents: Sequence[str]) -> Directory:
    directory = root
    for name in parents:
        parent = directory
        try:
            directory = parent.subdirectory(name)
        finally:
            if parent is not root:
                parent.close()
    return directory


def _require_writable(directory: Directory, name: str, *, replace: bool) -> None:
    status = directory.lstat(name)
    if status is None:
        return
    if is_link(status):
        raise symlink_error(name)
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name)
    if not replace:
        require_absent(directory, name)


def _not_open() -> ValueError:
    return ValueError("the file is not open: it was committed or discarded")


@asynccontextmanager
async def atomic_file(root: Directory, parts: Sequence[str], *, replace: bool) -> AsyncGenerator[AtomicFile]:
    """Open an `AtomicFile`; commit it at the end of the block, or discard it when the block raises or is cancelled.

    Args:
        root: An open directory.
        parts: The names of directories below it, and of the file.
        replace: Whether to replace a file that has the name already.

    Raises:
        FileExistsError: A file has the name already and must not be replaced.
        OSError: A directory or a link has the name, or the file system reports an error.
    """
    file = AtomicFile(root, parts, replace=replace)
    try:
        await to_thread.run_sync(file.open)
        yield file
        await to_thread.run_sync(file.commit)
    finally:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(file.discard)


@asynccontextmanager
async def atomic_file_sink(
    root: Directory, parts: Sequence[str], *, replace: bool, on_bytes: OnBytes | None = None
) -> AsyncGenerator[BufferedSink]:
    """Open an `atomic_file` as the target of a download; `on_bytes` is called as `BufferedSink` says."""
    async with atomic_file(root, parts, replace=replace) as file:
        sink = BufferedSink(file, on_bytes)
        yield sink
        await sink.flush()
