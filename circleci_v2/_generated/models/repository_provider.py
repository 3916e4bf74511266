"""RepositoryProvider."""

from __future__ import annotations

from circleci_v2._wire.enums import OpenStrEnum

__all__ = ["RepositoryProvider"]


class RepositoryProvider(OpenStrEnum):
    """RepositoryProvider"""

    GITHUB_APP = "github_app"
    GITHUB_SERVER = "github_server"
