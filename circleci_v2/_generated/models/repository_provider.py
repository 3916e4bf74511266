"""RepositoryProvider."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["RepositoryProvider"]


class RepositoryProvider(OpenStrEnum):
    """Integration through which CircleCI reaches a repository.

    `github_app`: the CircleCI GitHub App on github.com. `github_server`: a GitHub Enterprise Server
    installation.
    """

    GITHUB_APP = "github_app"
    GITHUB_SERVER = "github_server"

    if TYPE_CHECKING:
        # Stands for all other values, so that a `match` that handles each published value is not taken for complete.
        _UNPUBLISHED = str()
