"""Create, enter and fill directories without following links.

Where the platform can open files relative to an open directory (``dir_fd``), a symbolic link below the root is never
followed, not even one that appears while files are being written. Elsewhere (Windows) each step is checked before it is
taken, which leaves a short race.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Protocol

__all__ = [
    "Directory",
    "is_link",
    "open_directory",
    "require_absent",
    "symlink_error",
]

_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_DIRECTORY = getattr(os, "O_DIRECTORY", 0)
_NEW_FILE = os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_FOLLOW | getattr(os, "O_BINARY", 0)
# O_NONBLOCK: opening a named pipe does not wait. Locks on NFS need a descriptor that may write.
_EXISTING_FILE = os.O_RDWR | _NO_FOLLOW | getattr(os, "O_NONBLOCK", 0)

SUPPORTS_DIR_FD = bool(_NO_FOLLOW and _DIRECTORY) and (
    {os.open, os.mkdir, os.stat, os.link, os.rename, os.unlink} <= os.supports_dir_fd and os.listdir in os.supports_fd
)


class Directory(Protocol):
    """An open directory.

    Names are single path components: without separators, and neither ``.`` nor ``..``.
    """

    def subdirectory(self, name: str) -> Directory:
        """Open a directory in this one; create it when it is missing.

        Raises:
            OSError: The name belongs to something else, for example to a link.
        """
        ...

    def lstat(self, name: str) -> os.stat_result | None:
        """Return the status of an entry without following links; None when there is no such entry."""
        ...

    def create(self, name: str) -> int:
        """Create a file and return its descriptor.

        Raises:
            FileExistsError: An entry of this name exists.
        """
        ...

    def open(self, name: str) -> int:
        """Open a file to read and lock it, without following links, and return its descriptor.

        Raises:
            OSError: There is no such file, or it may not be opened.
        """
        ...

    def names(self) -> list[str]:
        """Return the names of all entries."""
        ...

    def rename(self, temporary: str, name: str, *, replace: bool) -> None:
        """Give a file its final name.

        Raises:
            FileExistsError: An entry of this name exists, and `replace` is false.
        """
        ...

    def remove(self, name: str) -> None:
        """Remove a file; do nothing when it does not exist."""
        ...

    def close(self) -> None:
        """Close the directory."""
        ...


def open_directory(path: Path) -> Directory:
    """Open a directory that the user chose; create it and its parents when they are missing.

    Links on the way to it are the user's own, and are followed.
    """
    path.mkdir(parents=True, exist_ok=True)
    if SUPPORTS_DIR_FD:
        return DescriptorDirectory(os.open(path, os.O_RDONLY | _DIRECTORY))
    return PathDirectory(path.resolve())


class DescriptorDirectory:
    """A `Directory` held by a descriptor, so that renaming or replacing its path cannot redirect later operations."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def subdirectory(self, name: str) -> DescriptorDirectory:
        # If the entry exists already, the open below finds out whether it is a directory.
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=self._descriptor)
        try:
            return DescriptorDirectory(os.open(name, os.O_RDONLY | _DIRECTORY | _NO_FOLLOW, dir_fd=self._descriptor))
        except OSError as error:
            # For a link, Linux reports ENOTDIR here and other systems ELOOP.
            if is_link(self.lstat(name)):
                raise symlink_error(name) from error
            raise

    def lstat(self, name: str) -> os.stat_result | None:
        try:
            return os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def create(self, name: str) -> int:
        return os.open(name, _NEW_FILE, 0o666, dir_fd=self._descriptor)

    def open(self, name: str) -> int:
        return os.open(name, _EXISTING_FILE, dir_fd=self._descriptor)

    def names(self) -> list[str]:
        return os.listdir(self._descriptor)  # noqa: PTH208 - pathlib does not take descriptors

    def rename(self, temporary: str, name: str, *, replace: bool) -> None:
        if not replace and self._link_and_remove(temporary, name):
            return
        os.rename(temporary, name, src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor)

    def _link_and_remove(self, temporary: str, name: str) -> bool:
        """Assign the name in one step that fails if it is taken; return False if the file system lacks hard links."""
        try:
            os.link(temporary, name, src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor, follow_symlinks=False)
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            require_absent(self, name)
            return False
        self.remove(temporary)
        return True

    def remove(self, name: str) -> None:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self._descriptor)

    def close(self) -> None:
        os.close(self._descriptor)


class PathDirectory:
    """A `Directory` held by its path, for platforms without directory descriptors, such as Windows."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def subdirectory(self, name: str) -> PathDirectory:
        path = self._path / name
        # If the entry exists already, the check below finds out whether it is a directory.
        with suppress(FileExistsError):
            path.mkdir()
        status = path.lstat()
        if is_link(status):
            raise symlink_error(name)
        if not stat.S_ISDIR(status.st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), name)
        return PathDirectory(path)

    def lstat(self, name: str) -> os.stat_result | None:
        try:
            return (self._path / name).lstat()
        except FileNotFoundError:
            return None

    def create(self, name: str) -> int:
        return os.open(self._path / name, _NEW_FILE, 0o666)

    def open(self, name: str) -> int:
        return os.open(self._path / name, _EXISTING_FILE)

    def names(self) -> list[str]:
        return [entry.name for entry in self._path.iterdir()]

    def rename(self, temporary: str, name: str, *, replace: bool) -> None:
        if not replace:
            # On Windows, the rename itself also fails if the name has been taken since this check.
            require_absent(self, name)
            (self._path / temporary).rename(self._path / name)
        else:
            (self._path / temporary).replace(self._path / name)

    def remove(self, name: str) -> None:
        (self._path / name).unlink(missing_ok=True)

    def close(self) -> None:
        """Do nothing: no descriptor is held."""


# The errors of file systems without hard links: FAT, and some network and container mounts.
_NO_HARD_LINKS = {errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EMLINK}

# IO_REPARSE_TAG_MOUNT_POINT, the tag of a Windows junction: it redirects like a symbolic link, but S_ISLNK is false for it.
# Other reparse points, such as files kept by a cloud service, do not redirect.
# https://learn.microsoft.com/windows/win32/fileio/reparse-point-tags
_JUNCTION = 0xA0000003


def is_link(status: os.stat_result | None) -> bool:
    """Return whether an entry is a symbolic link or a Windows junction."""
    return status is not None and (stat.S_ISLNK(status.st_mode) or getattr(status, "st_reparse_tag", 0) == _JUNCTION)


def symlink_error(name: str) -> OSError:
    """Return the error for a link where a directory or a file is needed."""
    return OSError(errno.ELOOP, "a symbolic link has this name, and links are not followed: remove it", name)


def require_absent(directory: Directory, name: str) -> None:
    """Raise FileExistsError when an entry of this name exists."""
    if directory.lstat(name) is not None:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)
