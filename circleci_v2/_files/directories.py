"""Directories: make, enter and fill them without ever following a link.

Where the platform can open relative to a directory that is open already (``dir_fd``), a symbolic link below the root
cannot be followed, not even one that appears while files are being written. Elsewhere each step is checked before it is
taken.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Protocol

__all__ = ["Directory", "folds_case", "is_link", "link_refused", "open_directory", "require_absent", "temporary_name"]

_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_DIRECTORY = getattr(os, "O_DIRECTORY", 0)
_NEW_FILE = os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_FOLLOW | getattr(os, "O_BINARY", 0)

HAS_DIRECTORY_DESCRIPTORS = bool(_NO_FOLLOW and _DIRECTORY) and (
    {os.open, os.mkdir, os.stat, os.link, os.rename, os.unlink} <= os.supports_dir_fd
)


class Directory(Protocol):
    """A directory that is open. Names are single: without separators, and neither ``.`` nor ``..``."""

    def enter(self, name: str) -> Directory:
        """Open a directory in this one, made when missing; OSError when something else has the name, links included."""
        ...

    def status(self, name: str) -> os.stat_result | None:
        """What has the name, links not followed; None when nothing does."""
        ...

    def create(self, name: str) -> int:
        """The descriptor of a new file; FileExistsError when anything has the name."""
        ...

    def publish(self, temporary: str, name: str, *, replace: bool) -> None:
        """Give a file another name; without `replace`, FileExistsError when anything has it."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file, if there is one."""
        ...

    def close(self) -> None:
        """Let go of the directory."""
        ...


def open_directory(path: Path) -> Directory:
    """Open a directory that the user chose, made when missing.

    Links on the way to it are the user's own, and are followed.
    """
    path.mkdir(parents=True, exist_ok=True)
    if HAS_DIRECTORY_DESCRIPTORS:
        return DescriptorDirectory(os.open(path, os.O_RDONLY | _DIRECTORY))
    return PathDirectory(path.resolve())


def temporary_name() -> str:
    """A name that nobody can guess, so that no artifact is stored under it."""
    return f".circleci-{secrets.token_hex(16)}.part"


def folds_case(directory: Directory) -> bool:
    """Whether the file system takes two spellings for one name; tried out with a file that is removed again."""
    name = temporary_name()
    os.close(directory.create(name))
    try:
        return directory.status(name.upper()) is not None
    finally:
        directory.remove(name)


class DescriptorDirectory:
    """A `Directory` held by a descriptor: whatever becomes of its path, nothing is opened elsewhere."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def enter(self, name: str) -> DescriptorDirectory:
        # Whether what exists is a directory is told by opening it.
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=self._descriptor)
        try:
            return DescriptorDirectory(os.open(name, os.O_RDONLY | _DIRECTORY | _NO_FOLLOW, dir_fd=self._descriptor))
        except OSError as error:
            # Linux says ENOTDIR for a link here, other systems say ELOOP.
            if is_link(self.status(name)):
                raise link_refused(name) from error
            raise

    def status(self, name: str) -> os.stat_result | None:
        try:
            return os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def create(self, name: str) -> int:
        return os.open(name, _NEW_FILE, 0o666, dir_fd=self._descriptor)

    def publish(self, temporary: str, name: str, *, replace: bool) -> None:
        here = self._descriptor
        if not replace and self._publish_by_link(temporary, name):
            return
        os.rename(temporary, name, src_dir_fd=here, dst_dir_fd=here)

    def _publish_by_link(self, temporary: str, name: str) -> bool:
        """Give a file its name in one step that fails when the name is taken, where the file system has hard links."""
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
    """A `Directory` held by its path, where directories have no descriptors, as on Windows."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def enter(self, name: str) -> PathDirectory:
        path = self._path / name
        # Whether what exists is a directory is looked at next.
        with suppress(FileExistsError):
            path.mkdir()
        status = path.lstat()
        if is_link(status):
            raise link_refused(name)
        if not stat.S_ISDIR(status.st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), name)
        return PathDirectory(path)

    def status(self, name: str) -> os.stat_result | None:
        try:
            return (self._path / name).lstat()
        except FileNotFoundError:
            return None

    def create(self, name: str) -> int:
        return os.open(self._path / name, _NEW_FILE, 0o666)

    def publish(self, temporary: str, name: str, *, replace: bool) -> None:
        if not replace:
            # Windows refuses the rename, too, when the name was taken since.
            require_absent(self, name)
            (self._path / temporary).rename(self._path / name)
        else:
            (self._path / temporary).replace(self._path / name)

    def remove(self, name: str) -> None:
        (self._path / name).unlink(missing_ok=True)

    def close(self) -> None:
        """Nothing is held."""


# What file systems without hard links answer: FAT, and some network and container mounts.
_NO_HARD_LINKS = {errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EMLINK}

# The tag of a junction, which leads elsewhere on Windows without being a symbolic link. Other reparse points, such as
# files that a cloud service holds, are no links.
_JUNCTION = 0xA0000003


def is_link(status: os.stat_result | None) -> bool:
    """Whether a name leads elsewhere."""
    return status is not None and (stat.S_ISLNK(status.st_mode) or getattr(status, "st_reparse_tag", 0) == _JUNCTION)


def link_refused(name: str) -> OSError:
    """The error about a link where a directory or a file is needed."""
    return OSError(errno.ELOOP, "a symbolic link is in the way, and links are not followed", name)


def require_absent(directory: Directory, name: str) -> None:
    """Raise FileExistsError when anything has the name."""
    if directory.status(name) is not None:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)
