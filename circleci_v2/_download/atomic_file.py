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

from circleci_v2._download.part_files import PartFile, StaleParts, create_part
from circleci_v2._download.safe_directory import Directory, is_link, require_absent, symlink_error
from circleci_v2._download.threads import BufferedSink, OnBytes

__all__ = ["AtomicFile", "Overwrite", "atomic_file", "atomic_file_sink"]

Overwrite: TypeAlias = Literal["error", "skip", "replace"]
"""How to treat a file that exists: fail, keep it and continue, or replace it."""


class AtomicFile:
    """A file that is written as a part file beside its final name.

    The methods block, so call them in worker threads. A lock serialises them: when a task is cancelled while a thread
    still works for it, `discard` waits for that thread and then cleans up.

    Args:
        root: An open directory; it stays open.
        parts: The names of the directories below the root, created when missing, and of the file.
        replace: Whether to replace a file that has the name already.
        stale: Removes part files that killed processes left in the directory. Default: one for this file alone.
    """

    def __init__(
        self, root: Directory, parts: Sequence[str], *, replace: bool, stale: StaleParts | None = None
    ) -> None:
        *self._parents, self._name = parts
        self._root = root
        self._replace = replace
        self._stale = stale or StaleParts()
        self._directory = root
        self._part: PartFile | None = None
        self._finished = False
        self._lock = threading.Lock()

    def open(self) -> Self:
        """Create the directories and the part file.

        Raises:
            FileExistsError: A file has the name already and must not be replaced.
            OSError: A directory or a link has the name, or the file system reports an error.
        """
        with self._lock:
            if self._finished:
                raise _not_open()
            self._directory = _open_parents(self._root, self._parents)
            self._stale.clear(self._directory, self._parents)
            _require_writable(self._directory, self._name, replace=self._replace)
            self._part = create_part(self._directory)
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
            part = self._open_part()
            # Windows cannot rename an open file.
            part.close()
            self._directory.rename(part.name, self._name, replace=self._replace)
            self._finish()

    def discard(self) -> None:
        """Remove the part file; do nothing after `commit`."""
        with self._lock:
            if self._finished:
                return
            with ExitStack() as cleanup:
                cleanup.callback(self._finish)
                if self._part is not None:
                    cleanup.callback(self._directory.remove, self._part.name)
                    self._part.close()

    def _open_part(self) -> PartFile:
        if self._part is None or self._part.descriptor is None:
            raise _not_open()
        return self._part

    def _open_descriptor(self) -> int:
        descriptor = self._open_part().descriptor
        if descriptor is None:
            raise _not_open()
        return descriptor

    def _finish(self) -> None:
        self._finished = True
        with ExitStack() as cleanup:
            if self._directory is not self._root:
                cleanup.callback(self._directory.close)
            if self._part is not None:
                self._part.release()


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
async def atomic_file(
    root: Directory, parts: Sequence[str], *, replace: bool, stale: StaleParts | None = None
) -> AsyncGenerator[AtomicFile]:
    """Open an `AtomicFile`; commit it at the end of the block, or discard it when the block raises or is cancelled.

    Args:
        root: An open directory.
        parts: The names of directories below it, and of the file.
        replace: Whether to replace a file that has the name already.
        stale: As for `AtomicFile`.

    Raises:
        FileExistsError: A file has the name already and must not be replaced.
        OSError: A directory or a link has the name, or the file system reports an error.
    """
    file = AtomicFile(root, parts, replace=replace, stale=stale)
    try:
        await to_thread.run_sync(file.open)
        yield file
        await to_thread.run_sync(file.commit)
    finally:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(file.discard)


@asynccontextmanager
async def atomic_file_sink(
    root: Directory,
    parts: Sequence[str],
    *,
    replace: bool,
    stale: StaleParts | None = None,
    on_bytes: OnBytes | None = None,
) -> AsyncGenerator[BufferedSink]:
    """Open an `atomic_file` as the target of a download; `on_bytes` is called as `BufferedSink` says."""
    async with atomic_file(root, parts, replace=replace, stale=stale) as file:
        sink = BufferedSink(file, on_bytes)
        yield sink
        await sink.flush()
