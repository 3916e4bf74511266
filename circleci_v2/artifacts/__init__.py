"""Download and read artifacts, the files that jobs stored.

`download_artifacts` downloads the artifacts of a job and `download_workflow_artifacts` those of a workflow;
`latest_artifacts` finds the newest run of a job, and `open_artifact` streams one artifact without storing it.
Artifact paths are controlled by the job: nothing is written outside of the target directory.
"""

from __future__ import annotations

from circleci_v2._download.atomic_file import Overwrite
from circleci_v2.artifacts.download import (
    ArtifactDownload,
    DownloadedArtifact,
    download_artifacts,
    download_workflow_artifacts,
)
from circleci_v2.artifacts.plan import ArtifactProgress, Match, OnArtifactError, OnArtifactProgress
from circleci_v2.artifacts.read import ArtifactStream, LatestArtifacts, latest_artifacts, open_artifact

__all__ = [
    "ArtifactDownload",
    "ArtifactProgress",
    "ArtifactStream",
    "DownloadedArtifact",
    "LatestArtifacts",
    "Match",
    "OnArtifactError",
    "OnArtifactProgress",
    "Overwrite",
    "download_artifacts",
    "download_workflow_artifacts",
    "latest_artifacts",
    "open_artifact",
]
