"""Part files: the temporary files of downloads, and the removal of those that killed processes left behind.

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
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import attrs

from circleci_v2._download.safe_directory import Directory

if sys.platform != "win32":
    import fcntl

__all__ = ["PartFile", "StaleParts", "create_part", "is_case_insensitive", "is_part_name"]

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
