"""OrganizationVcsType."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["OrganizationVcsType"]


class OrganizationVcsType(OpenStrEnum):
    """Integration that an organization is built on.

    `github` is the GitHub OAuth app and `bitbucket` Bitbucket Cloud; `circleci` are standalone organizations,
    whose code comes through the GitHub App, GitLab or Bitbucket Data Center.
    """

    BITBUCKET = "bitbucket"
    CIRCLECI = "circleci"
    GITHUB = "github"

    if TYPE_CHECKING:
        # Stands for all other values, so that a `match` that handles each published value is not taken for complete.
        _UNPUBLISHED = str()
