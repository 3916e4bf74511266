"""Paths: from the path that a job chose for its artifact to the names of directories and a file, or to a refusal.

A job may store an artifact under any path, so a path is hostile until shown otherwise. Everything here is decided from
the text alone; what the file system holds already is the business of `circleci_v2._files.directories`.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable

import attrs

from circleci_v2.errors import ArtifactError

__all__ = ["Claims", "safe_parts"]

MAX_NAME_BYTES = 255
MAX_PATH_BYTES = 4095

_SEPARATORS = re.compile(r"[/\\]")
_DRIVE = re.compile(r"[A-Za-z]:[/\\]")

# https://learn.microsoft.com/windows/win32/fileio/naming-a-file: the devices, with or without an extension.
_WINDOWS_DEVICE = re.compile(r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³])[ ]*(?:[.:].*)?", re.IGNORECASE)
_WINDOWS_FORBIDDEN = re.compile(r'[<>:"|?*\\]')


def safe_parts(path: str, *, windows: bool = os.name == "nt", root: str = "") -> tuple[str, ...]:
    """The names below the destination under which an artifact can be stored.

    Empty and ``.`` parts are dropped, as every file system does. A name that means something else on Windows is refused
    on Windows alone, since ``aux.c`` and ``12:30.log`` are ordinary files elsewhere; but what would climb out of a
    directory on any system is refused on all.

    Args:
        path: The path as CircleCI lists it.
        windows: Whether the rules of Windows hold too.
        root: The destination, whose length counts towards the longest path.

    Returns:
        At least one name; the last one is the file's.

    Raises:
        ArtifactError: The path cannot be stored safely; the message says why.
    """
    if problem := _problem_of_path(path, root):
        raise refusal(path, problem)
    parts = tuple(part for part in path.split("/") if part not in {"", "."})
    for part in parts:
        if problem := _problem_of_name(part) or (_problem_on_windows(part) if windows else None):
            raise refusal(path, problem)
    return parts


def refusal(path: str, problem: str) -> ArtifactError:
    """The error for an artifact that is not stored."""
    shown = path if len(path) <= 200 else f"{path[:200]}…"
    msg = f"artifact {shown!r} is not stored: {problem}"
    return ArtifactError(msg, path=path)


def _problem_of_path(path: str, root: str) -> str | None:
    try:
        length = len(path.encode()) + len(os.fsencode(root)) + 1
    except UnicodeEncodeError:
        return "its path is not valid Unicode"
    problems = {
        f"with the destination, its path takes {length:,} bytes of {MAX_PATH_BYTES:,} at most": length > MAX_PATH_BYTES,
        "its path holds a control character": any(unicodedata.category(letter) == "Cc" for letter in path),
        "its path is absolute": path.startswith(("/", "\\")) or _DRIVE.match(path) is not None,
        "its path leads out of the destination by '..'": ".." in _SEPARATORS.split(path),
        "its path names no file": path.rpartition("/")[2] in {"", "."},
    }
    return next((problem for problem, found in problems.items() if found), None)


def _problem_of_name(name: str) -> str | None:
    if len(name.encode()) > MAX_NAME_BYTES:
        return f"the name {name[:40]!r}… takes {len(name.encode())} bytes, and file systems allow {MAX_NAME_BYTES}"
    return None


def _problem_on_windows(name: str) -> str | None:
    if _WINDOWS_DEVICE.fullmatch(name):
        return f"{name!r} is a device on Windows"
    if _WINDOWS_FORBIDDEN.search(name):
        return f"{name!r} holds a character that Windows does not allow in names"
    if name.endswith((".", " ")):
        return f"{name!r} ends with a dot or a space, which Windows drops"
    return None


@attrs.frozen
class _Claimed:
    """A name that is taken: by a directory when others are inside, else by a file.

    Attributes:
        path: The path of the artifact that took it first.
        inside: The names in the directory.
    """

    path: str
    inside: dict[str, _Claimed] = attrs.field(factory=dict[str, "_Claimed"])


class Claims:
    """The files of one download: no two may land on one another, whatever the file system takes for the same name.

    Args:
        folds_case: Whether the file system takes names for the same that differ in case or in Unicode normal form.
    """

    def __init__(self, *, folds_case: bool) -> None:
        self._folds_case = folds_case
        self._destination = _Claimed("")

    def claim(self, path: str, parts: tuple[str, ...]) -> None:
        """Take a place for an artifact; the first comer keeps it.

        Args:
            path: The path as CircleCI lists it, for messages.
            parts: Where it goes.

        Raises:
            ArtifactError: Another artifact has the place, or needs a directory where this one needs a file.
        """
        place = [self._key(name) for name in parts]
        if other := self._holder(place):
            raise refusal(path, f"it would land on the artifact {other!r} of the same download")
        here = self._destination
        for name in place:
            here = here.inside.setdefault(name, _Claimed(path))

    def _holder(self, place: Iterable[str]) -> str | None:
        here = self._destination
        for name in place:
            if name not in here.inside:
                return None
            here = here.inside[name]
            if not here.inside:
                # A file, which is in the way even of what lies deeper.
                return here.path
        return here.path

    def _key(self, name: str) -> str:
        # Normalised after folding, because folding can undo the normal form.
        return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold()) if self._folds_case else name
