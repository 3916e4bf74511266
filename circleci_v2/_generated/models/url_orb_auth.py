"""UrlOrbAuth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["UrlOrbAuth"]


class UrlOrbAuth(OpenStrEnum):
    """How CircleCI authenticates when it fetches a URL orb.

    `none` suits public URLs; `github-app` uses the installed app; `github-oauth` and `bitbucket-oauth` use the
    access of an unspecified member, so they fail intermittently unless every member may read the orb.
    """

    BITBUCKET_OAUTH = "bitbucket-oauth"
    GITHUB_APP = "github-app"
    GITHUB_OAUTH = "github-oauth"
    NONE = "none"

    if TYPE_CHECKING:
        # Stands for all other values, so that a `match` that handles each published value is not taken for complete.
        _UNPUBLISHED = str()
