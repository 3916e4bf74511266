"""Plan a download: which artifacts are wanted, and the file that each of them goes to.

The plan covers the complete list before the first download begins, so that it does not depend on the order in which
downloads finish, and so that a rejected path can stop the download before anything is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import attrs

from circleci_v2._download.atomic_file import Overwrite
from circleci_v2._validation import require_at_least_one, require_one_of
from circleci_v2.artifacts.safe_paths import PathReservations, artifact_error, safe_parts
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
    "PlannedFile",
    "artifact_job_number",
    "make_plan",
]

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
