"""IncomingFile: a file that gets its name only when it is complete."""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Literal, Self, TypeAlias

from circleci_v2._files.directories import Directory, is_link, link_refused, require_absent, temporary_name

__all__ = ["IncomingFile", "Overwrite"]

Overwrite: TypeAlias = Literal["error", "skip", "replace"]
"""What to do about a file that exists: refuse to touch it, leave it and go on, or put the new one in its place."""


class IncomingFile:
    """A file that is being written under a temporary name beside its target.

    Its methods block and are meant for worker threads. They take turns: when a task is cancelled while a thread still
    works for it, `discard` waits for that thread and cleans up after it.

    Args:
        root: An open directory; it stays open.
        parts: The names of the directories below the root, made when missing, and of the file.
        replace: Whether a file that has the name already is replaced.
    """

    def __init__(self, root: Directory, parts: Sequence[str], *, replace: bool) -> None:
        *self._parents, self._name = parts
        self._root = root
        self._replace = replace
        self._temporary = temporary_name()
        self._directory = root
        self._descriptor: int | None = None
        self._ended = False
        self._turn = threading.Lock()

    def open(self) -> Self:
        """Make the directories and the temporary file.

        Raises:
            FileExistsError: A file has the name already and may not be replaced.
            OSError: Something else has the name, a link is in the way, or the file system refuses.
        """
        with self._turn:
            if self._ended:
                raise _ended()
            self._directory = _descend(self._root, self._parents)
            _require_free(self._directory, self._name, replace=self._replace)
            self._descriptor = self._directory.create(self._temporary)
        return self

    def write(self, data: bytes | bytearray) -> None:
        """Append to the file."""
        with self._turn:
            descriptor = self._open_descriptor()
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(descriptor, rest) :]

    def restart(self) -> None:
        """Drop what was written, to begin again."""
        with self._turn:
            descriptor = self._open_descriptor()
            os.ftruncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)

    def publish(self) -> None:
        """Make the content durable, then give the file its name.

        Raises:
            FileExistsError: A file got the name meanwhile and may not be replaced.
        """
        with self._turn:
            os.fsync(self._open_descriptor())
            # Windows renames no file that is open.
            self._close_descriptor()
            self._directory.publish(self._temporary, self._name, replace=self._replace)
            self._end()

    def discard(self) -> None:
        """Remove what was written; after `publish` nothing happens."""
        with self._turn:
            if self._ended:
                return
            with ExitStack() as left:
                left.callback(self._end)
                left.callback(self._directory.remove, self._temporary)
                self._close_descriptor()

    def _open_descriptor(self) -> int:
        if self._descriptor is None:
            raise _ended()
        return self._descriptor

    def _close_descriptor(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            # Whatever it raises, the descriptor is gone, and its number may soon be another file's.
            os.close(descriptor)

    def _end(self) -> None:
        self._ended = True
        if self._directory is not self._root:
            self._directory.close()


def _descend(root: Directory, parents: Sequence[str]) -> Directory:
    directory = root
    for name in parents:
        parent = directory
        try:
            directory = parent.enter(name)
        finally:
            if parent is not root:
                parent.close()
    return directory


def _require_free(directory: Directory, name: str, *, replace: bool) -> None:
    status = directory.status(name)
    if status is None:
        return
    if is_link(status):
        raise link_refused(name)
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name)
    if not replace:
        require_absent(directory, name)


def _ended() -> ValueError:
    return ValueError("the file is not open: it was published or discarded")
