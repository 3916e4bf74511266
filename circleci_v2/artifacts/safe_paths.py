"""Turn the path of an artifact into the names of directories and a file, or reject it.

A job can store an artifact under any path, so every path is treated as hostile. The decisions here depend only on the
text of the path; `circleci_v2._download.safe_directory` deals with the entries that the file system already holds.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable

import attrs

from circleci_v2._download.part_files import is_part_name
from circleci_v2.errors import ArtifactError

__all__ = ["PathReservations", "artifact_error", "safe_parts"]

# The common limits of Linux and macOS file systems (NAME_MAX; PATH_MAX is 4,096 with the terminating zero).
MAX_NAME_BYTES = 255
MAX_PATH_BYTES = 4095

_SEPARATORS = re.compile(r"[/\\]")
_DRIVE = re.compile(r"[A-Za-z]:[/\\]")
# Unicode's general category Cc.
_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f]")

# https://learn.microsoft.com/windows/win32/fileio/naming-a-file: the devices, with or without an extension.
_WINDOWS_DEVICE = re.compile(r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³])[ ]*(?:[.:].*)?", re.IGNORECASE)
_WINDOWS_FORBIDDEN = re.compile(r'[<>:"|?*\\]')


def safe_parts(path: str, *, windows: bool = os.name == "nt", root: str = "") -> tuple[str, ...]:
    """Split the path of an artifact into names that are safe to create below the destination.

    Empty and ``.`` components are dropped, as every file system does. A name that is special on Windows is rejected on
    Windows only, since ``aux.c`` and ``12:30.log`` are ordinary files elsewhere; a path that would leave the
    destination on any system is rejected on all of them.

    Args:
        path: The path as CircleCI lists it.
        windows: Whether to apply the rules of Windows too. Default: those of this system.
        root: The destination, whose length counts towards the maximum length of a path.

    Returns:
        At least one name; the last one is that of the file.

    Raises:
        ArtifactError: The path cannot be stored safely; the message names the reason.
    """
    if problem := _problem_of_path(path, root):
        raise artifact_error(path, problem)
    parts = tuple(part for part in path.split("/") if part not in {"", "."})
    for part in parts:
        if problem := _problem_of_name(part) or (_problem_on_windows(part) if windows else None):
            raise artifact_error(path, problem)
    return parts


def artifact_error(path: str, problem: str) -> ArtifactError:
    """Return the error for an artifact that is not stored."""
    shown = path if len(path) <= 200 else f"{path[:200]}…"
    msg = f"artifact {shown!r} is not stored: {problem}"
    return ArtifactError(msg, path=path)


def _problem_of_path(path: str, root: str) -> str | None:
    try:
        length = len(path.encode()) + len(os.fsencode(root)) + 1
    except UnicodeEncodeError:
        return "its path is not valid Unicode"
    if length > MAX_PATH_BYTES:
        return (
            f"its path and the destination have {length:,} bytes, and at most {MAX_PATH_BYTES:,} are allowed: choose a "
            "shorter destination"
        )
    if _CONTROL_CHARACTER.search(path):
        return "its path contains a control character"
    if path.startswith(("/", "\\")) or _DRIVE.match(path):
        return "its path is absolute"
    if ".." in _SEPARATORS.split(path):
        return "its path leads out of the destination by '..'"
    if path.rpartition("/")[2] in {"", "."}:
        return "its path does not name a file"
    return None


def _problem_of_name(name: str) -> str | None:
    if len(name.encode()) > MAX_NAME_BYTES:
        return f"the name {name[:40]!r}… has {len(name.encode())} bytes, and file systems allow {MAX_NAME_BYTES}"
    if is_part_name(name):
        return f"{name!r} is a name for files of unfinished downloads"
    return None


def _problem_on_windows(name: str) -> str | None:
    if _WINDOWS_DEVICE.fullmatch(name):
        return f"{name!r} is a device on Windows"
    if _WINDOWS_FORBIDDEN.search(name):
        return f"{name!r} contains a character that Windows does not allow in names"
    if name.endswith((".", " ")):
        return f"{name!r} ends with a dot or a space, which Windows drops"
    return None


@attrs.frozen
class _Reserved:
    """A reserved name: that of a directory when it has children, else that of a file.

    Attributes:
        path: The path of the artifact that reserved it first.
        children: The names in the directory.
    """

    path: str
    children: dict[str, _Reserved] = attrs.field(factory=dict[str, "_Reserved"])


class PathReservations:
    """The target paths of one download: each path can be reserved once.

    Args:
        case_insensitive: Whether names that differ only in case or in Unicode normal form are the same file.
    """

    def __init__(self, *, case_insensitive: bool) -> None:
        self._case_insensitive = case_insensitive
        self._root = _Reserved("")

    def reserve(self, path: str, parts: tuple[str, ...]) -> None:
        """Reserve a target path for an artifact; the first one keeps it.

        Args:
            path: The path as CircleCI lists it, for messages.
            parts: The names of the directories and of the file.

        Raises:
            ArtifactError: Another artifact has the same target, or needs a directory where this one needs a file.
        """
        keys = [self._key(name) for name in parts]
        if other := self._holder(keys):
            raise artifact_error(path, f"it would overwrite the artifact {other!r} of the same download")
        node = self._root
        for key in keys:
            node = node.children.setdefault(key, _Reserved(path))

    def _holder(self, keys: Iterable[str]) -> str | None:
        """Return the path of the artifact that already has this target; None when it is free."""
        node = self._root
        for key in keys:
            if key not in node.children:
                return None
            node = node.children[key]
            if not node.children:
                # A file, which also blocks every path below it.
                return node.path
        return node.path

    def _key(self, name: str) -> str:
        if not self._case_insensitive:
            return name
        # Normalise again after folding, because folding can undo the normal form (Unicode standard, section 3.13, D145).
        return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())
