"""Plan a download: which artifacts are wanted, and the file that each of them goes to.

The plan covers the complete list before the first download begins, so that it does not depend on the order in which
downloads finish, and so that a rejected path can stop the download before anything is written.

A job can store an artifact under any path, so every path is treated as hostile. The decisions here depend only on the
text of the path; `circleci_v2._download.safe_directory` deals with the entries that the file system already holds.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import attrs

from circleci_v2._download.atomic_file import Overwrite, is_part_name
from circleci_v2._validation import require_at_least_one, require_one_of
from circleci_v2.errors import ArtifactError

if TYPE_CHECKING:
    from circleci_v2.models import Artifact, WorkflowJob

__all__ = [
    "ArtifactProgress",
    "DownloadOptions",
    "DownloadPlan",
    "JobArtifacts",
    "Match",
    "OnArtifactError",
    "OnArtifactProgress",
    "PathReservations",
    "PlannedFile",
    "artifact_error",
    "artifact_job_number",
    "make_plan",
    "safe_parts",
]

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


Match: TypeAlias = str | Sequence[str]
"""One or several shell patterns for the complete path of an artifact; `*` also matches `/`."""

OnArtifactError: TypeAlias = Literal["finish", "raise", "collect"]
"""When to report a failed artifact: after all others were downloaded, immediately, or in the result."""


@attrs.frozen(kw_only=True)
class ArtifactProgress:
    """The progress of one artifact, reported after every chunk and once more when it is stored.

    Attributes:
        path: Its path as CircleCI lists it.
        received: The bytes received so far; decreases when a server cannot resume and starts over.
        size: Its size in bytes; None while it is unknown.
        stored: Whether the file is complete and has its final name.
        files_done: The number of artifacts that are stored, skipped or failed.
        files: The number of artifacts in this download.
    """

    path: str
    received: int
    size: int | None
    stored: bool
    files_done: int
    files: int


OnArtifactProgress: TypeAlias = Callable[[ArtifactProgress], object]
"""Called with the progress of a download; the result is ignored."""


@attrs.frozen(kw_only=True)
class DownloadOptions:
    """The options of a download; see `circleci_v2.artifacts.download_artifacts`."""

    match: Match | None
    node_index: int | None
    by_node: bool | None
    concurrency: int
    overwrite: Overwrite
    on_error: OnArtifactError
    on_progress: OnArtifactProgress | None

    def __attrs_post_init__(self) -> None:
        require_one_of("overwrite", self.overwrite, get_args(Overwrite))
        require_one_of("on_error", self.on_error, get_args(OnArtifactError))
        require_at_least_one("concurrency", self.concurrency, "download")


@attrs.frozen(kw_only=True)
class JobArtifacts:
    """The artifacts of one job.

    Attributes:
        artifacts: All of its artifacts, in CircleCI's order.
        directory: The directory below the destination for this job; empty for the destination itself.
        failure: The reason why the artifacts could not be listed; None when they were.
    """

    artifacts: Sequence[Artifact]
    directory: str = ""
    failure: ArtifactError | None = None


@attrs.frozen(kw_only=True)
class PlannedFile:
    """One artifact to download.

    Attributes:
        path: Its path as CircleCI lists it.
        node_index: The node of the job that stored it.
        url: Its URL.
        parts: The names of the directories below the destination, and of the file.
    """

    path: str
    node_index: int
    url: str
    parts: tuple[str, ...]


@attrs.frozen(kw_only=True)
class DownloadPlan:
    """The artifacts to download, and the errors of those that cannot be stored."""

    files: tuple[PlannedFile, ...]
    rejected: tuple[ArtifactError, ...]


def artifact_job_number(job: WorkflowJob) -> int | None:
    """Return the number under which CircleCI keeps the details, tests and artifacts of a job; None if it never ran."""
    # An approval may have a number, but requests with it return 404.
    return None if job.type == "approval" else job.job_number


def make_plan(
    jobs: Iterable[JobArtifacts], options: DownloadOptions, *, root: str, case_insensitive: bool
) -> DownloadPlan:
    """Choose the wanted artifacts, and assign each one a file.

    Args:
        jobs: The artifacts of each job.
        options: The filters and the layout of directories.
        root: The destination, whose length counts towards the maximum length of a path.
        case_insensitive: Whether the file system ignores case.
    """
    patterns = [options.match] if isinstance(options.match, str) else options.match
    reservations = PathReservations(case_insensitive=case_insensitive)
    files: list[PlannedFile] = []
    rejected: list[ArtifactError] = []
    for job in jobs:
        if job.failure is not None:
            rejected.append(job.failure)
        by_node = _uses_node_directories(job, options)
        for artifact in job.artifacts:
            if not _is_wanted(artifact, patterns, options.node_index):
                continue
            prefix = _prefix(job.directory, artifact.node_index or 0, by_node=by_node)
            try:
                planned = _planned_file(artifact, prefix, root)
                reservations.reserve(planned.path, planned.parts)
            except ArtifactError as error:
                rejected.append(error)
            else:
                files.append(planned)
    return DownloadPlan(files=tuple(files), rejected=tuple(rejected))


def _is_wanted(artifact: Artifact, patterns: Sequence[str] | None, node_index: int | None) -> bool:
    if node_index is not None and artifact.node_index != node_index:
        return False
    return patterns is None or any(fnmatchcase(_path(artifact), pattern) for pattern in patterns)


def _uses_node_directories(job: JobArtifacts, options: DownloadOptions) -> bool:
    if options.by_node is not None:
        return options.by_node
    # Decided by all artifacts of the job, so that a file has the same path whatever `match` selects.
    return options.node_index is None and any(artifact.node_index for artifact in job.artifacts)


def _prefix(directory: str, node_index: int, *, by_node: bool) -> str:
    names = [directory, str(node_index) if by_node else ""]
    return "".join(f"{name}/" for name in names if name)


def _path(artifact: Artifact) -> str:
    # Decoding keeps values of other types than described, here null or a number.
    return str(artifact.path or "")


def _planned_file(artifact: Artifact, prefix: str, root: str) -> PlannedFile:
    path, url = _path(artifact), str(artifact.url or "")
    # Check the path without the prefix, which would hide that it is absolute.
    parts = safe_parts(path, root=f"{root}/{prefix}")
    if not url:
        raise artifact_error(path, "CircleCI lists it without a URL")
    if prefix:
        parts = (*safe_parts(f"{prefix}file")[:-1], *parts)
    return PlannedFile(path=path, node_index=artifact.node_index or 0, url=url, parts=parts)
