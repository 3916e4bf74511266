"""Artifacts: the files that jobs stored, downloaded as they are and where they belong.

`download_artifacts` takes those of a job and `download_workflow_artifacts` those of a workflow; `latest_artifacts`
finds the newest run of a job, and `open_artifact` reads a single one without storing it.
"""

from __future__ import annotations

from circleci_v2._files.incoming import Overwrite
from circleci_v2.artifacts.downloads import download_artifacts, download_workflow_artifacts
from circleci_v2.artifacts.latest import LatestArtifacts, latest_artifacts
from circleci_v2.artifacts.planning import Match
from circleci_v2.artifacts.storing import (
    ArtifactDownload,
    ArtifactProgress,
    DownloadedArtifact,
    OnArtifactError,
    OnArtifactProgress,
)
from circleci_v2.artifacts.streams import ArtifactStream, open_artifact

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
