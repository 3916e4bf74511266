"""Planning: which artifacts are wanted, and where each of them goes, before the first one is downloaded.

The plan is made of the whole list, so that it does not depend on which download happens to end first, and so that a
refusal can stop everything before anything was written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeAlias

import attrs

from circleci_v2.artifacts.paths import Claims, refusal, safe_parts
from circleci_v2.errors import ArtifactError

if TYPE_CHECKING:
    from circleci_v2.models import Artifact

__all__ = ["JobArtifacts", "Match", "Plan", "Planned", "make_plan"]

Match: TypeAlias = str | Sequence[str]
"""One or several shell patterns for the whole path of an artifact; `*` matches `/`, too."""


@attrs.frozen(kw_only=True)
class JobArtifacts:
    """What one job stored.

    Attributes:
        artifacts: All of its artifacts, in CircleCI's order.
        directory: The directory below the destination that they share; empty for the destination itself.
        failure: Why they are not known; None when they are.
    """

    artifacts: Sequence[Artifact]
    directory: str = ""
    failure: ArtifactError | None = None


@attrs.frozen(kw_only=True)
class Planned:
    """One artifact, and the names of directories and a file where it goes."""

    path: str
    node_index: int
    url: str
    parts: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Plan:
    """What is going to be downloaded, and what is refused."""

    files: tuple[Planned, ...]
    refusals: tuple[ArtifactError, ...]


def make_plan(
    jobs: Iterable[JobArtifacts],
    *,
    match: Match | None,
    node_index: int | None,
    by_node: bool | None,
    root: str,
    folds_case: bool,
) -> Plan:
    """Decide about every artifact.

    Args:
        jobs: What the jobs stored.
        match: Only artifacts whose path matches one of these patterns.
        node_index: Only artifacts of this node.
        by_node: Whether a directory for each node comes before the path; None decides job by job.
        root: The destination.
        folds_case: Whether the file system takes names that differ in case for the same.
    """
    wanted = _wanted(match, node_index)
    claims = Claims(folds_case=folds_case)
    files: list[Planned] = []
    refusals: list[ArtifactError] = []
    for job in jobs:
        if job.failure is not None:
            refusals.append(job.failure)
        prefix = _prefix(job, by_node=node_index is None and _is_parallel(job) if by_node is None else by_node)
        for artifact in filter(wanted, job.artifacts):
            try:
                planned = _place(artifact, prefix(artifact), root)
                claims.claim(planned.path, planned.parts)
            except ArtifactError as error:
                refusals.append(error)
            else:
                files.append(planned)
    return Plan(files=tuple(files), refusals=tuple(refusals))


def _wanted(match: Match | None, node_index: int | None) -> Callable[[Artifact], bool]:
    patterns = [match] if isinstance(match, str) else match

    def wanted(artifact: Artifact) -> bool:
        if node_index is not None and artifact.node_index != node_index:
            return False
        return patterns is None or any(fnmatchcase(_path(artifact), pattern) for pattern in patterns)

    return wanted


def _is_parallel(job: JobArtifacts) -> bool:
    # Told by what every node stored and not by what is wanted, so that a file has one place whatever the filter.
    return any(artifact.node_index for artifact in job.artifacts)


def _prefix(job: JobArtifacts, *, by_node: bool) -> Callable[[Artifact], str]:
    def prefix(artifact: Artifact) -> str:
        directories = [job.directory, str(artifact.node_index or 0) if by_node else ""]
        return "".join(f"{directory}/" for directory in directories if directory)

    return prefix


def _path(artifact: Artifact) -> str:
    # Whatever CircleCI lists is kept, null and numbers included.
    return str(artifact.path or "")


def _place(artifact: Artifact, prefix: str, root: str) -> Planned:
    path, url = _path(artifact), str(artifact.url or "")
    # The path is judged alone, since behind a prefix it would no longer look absolute.
    parts = safe_parts(path, root=f"{root}/{prefix}")
    if not url:
        raise refusal(path, "CircleCI lists it without an address")
    if prefix:
        parts = (*safe_parts(f"{prefix}file")[:-1], *parts)
    return Planned(path=path, node_index=artifact.node_index or 0, url=url, parts=parts)
