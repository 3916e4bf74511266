"""AtomicFile: a file that gets its name only when it is complete and on disk; until then it is a part file.

A part file has a random name, ``.circleci-<32 hex digits>.part``, and is locked (``flock``) by the process that writes
it. The operating system releases the lock when the process ends, even when it is killed. A part file that another
process can lock is therefore left over, and the next download into the same directory removes it.

Kept in doubt: a file that is locked, that belongs to another user, or that lies on a file system without locks. Windows
needs no lock, because it does not remove a file that is open in any process. The lock of a network file system that is
mounted with ``nolock`` or ``local_lock`` holds on one machine only: do not download into the same directory from several
machines there.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import sys
import threading
from collections.abc import AsyncGenerator, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from typing import Final, Literal, Self, TypeAlias

import anyio
import attrs
from anyio import to_thread

from circleci_v2._download.safe_directory import Directory, is_link, require_absent, symlink_error
from circleci_v2._download.threads import BufferedSink, OnBytes

__all__ = [
    "AtomicFile",
    "Overwrite",
    "PartFile",
    "StaleParts",
    "atomic_file",
    "atomic_file_sink",
    "create_part",
    "is_case_insensitive",
    "is_part_name",
]

if sys.platform != "win32":
    import fcntl


_PART_NAME: Final = re.compile(r"\.circleci-[0-9a-f]{32}\.part")

# The part files of this process: where locks belong to processes and not to open files (NFS), it could lock its own again.
_names_in_use: Final[set[str]] = set()


def is_part_name(name: str) -> bool:
    """Whether a file of this name is taken for a part file; artifacts must not have such a name."""
    return _PART_NAME.fullmatch(name) is not None


@attrs.define
class PartFile:
    """An open, locked part file.

    Attributes:
        name: Its name.
        descriptor: Its descriptor, to write to; None after `close`.
        lock: Another descriptor of it, which keeps it locked after `close`; None on Windows, and after `release`.
    """

    name: str
    descriptor: int | None
    lock: int | None

    def close(self) -> None:
        """Close the file for writing; it stays locked until `release`."""
        descriptor, self.descriptor = self.descriptor, None
        if descriptor is not None:
            # Even when close() fails, the descriptor is gone and its number may be reused: never close it twice.
            os.close(descriptor)

    def release(self) -> None:
        """Release the lock, once the file has its final name or is removed."""
        _names_in_use.discard(self.name)
        lock, self.lock = self.lock, None
        if lock is not None:
            os.close(lock)


def create_part(directory: Directory) -> PartFile:
    """Create a part file with a name that cannot be guessed, and lock it.

    Raises:
        OSError: The file system reports an error.
    """
    while True:
        part = _create(directory)
        if part is not None:
            return part


def _create(directory: Directory) -> PartFile | None:
    """Return a new part file; None if another process removed it as left over, before it was locked."""
    name = f".circleci-{secrets.token_hex(16)}.part"
    _names_in_use.add(name)
    descriptor = -1
    try:
        descriptor = directory.create(name)
        _try_lock(descriptor)
        found, opened = directory.lstat(name), os.fstat(descriptor)
        if found is not None and os.path.samestat(found, opened):
            return PartFile(name, descriptor, None if sys.platform == "win32" else os.dup(descriptor))
    except BaseException:
        _names_in_use.discard(name)
        if descriptor >= 0:
            os.close(descriptor)
            directory.remove(name)
        raise
    _names_in_use.discard(name)
    os.close(descriptor)
    return None


def _try_lock(descriptor: int) -> bool:
    """Lock a file without waiting; return False if it is locked, or cannot be locked on this file system."""
    if sys.platform == "win32":
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _NO_LOCK:
            return False
        raise
    return True


# EWOULDBLOCK: locked by another process. The others: the file system has no locks, or its lock server has none left.
_NO_LOCK: Final = {errno.EWOULDBLOCK, errno.EACCES, errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL}


class StaleParts:
    """Removes the part files that killed processes left, once from each directory of a download."""

    def __init__(self) -> None:
        self._cleared: set[tuple[str, ...]] = set()
        self._lock = threading.Lock()

    def clear(self, directory: Directory, parents: Sequence[str]) -> None:
        """Remove the left-over part files of a directory, unless this was done before.

        Args:
            directory: The directory.
            parents: Its path below the destination, which identifies it.
        """
        path = tuple(parents)
        with self._lock:
            if path in self._cleared:
                return
            self._cleared.add(path)
        # A directory that may be written to but not listed is no reason to fail a download.
        with suppress(OSError):
            for name in directory.names():
                if is_part_name(name) and name not in _names_in_use:
                    _remove_if_stale(directory, name)


def _remove_if_stale(directory: Directory, name: str) -> None:
    # Not a file, not permitted, or gone: whatever it is, it was not left by a download of this user.
    with suppress(OSError):
        if sys.platform == "win32":
            directory.remove(name)
            return
        descriptor = directory.open(name)
        try:
            if stat.S_ISREG(os.fstat(descriptor).st_mode) and _try_lock(descriptor):
                directory.remove(name)
        finally:
            os.close(descriptor)


def is_case_insensitive(directory: Directory) -> bool:
    """Return whether the file system ignores case; tested with a part file."""
    part = create_part(directory)
    try:
        part.close()
        return directory.lstat(part.name.upper()) is not None
    finally:
        directory.remove(part.name)
        part.release()


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
