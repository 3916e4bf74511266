"""ProjectVcsProvider."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["ProjectVcsProvider"]


class ProjectVcsProvider(OpenStrEnum):
    """Code host of a project.

    `CircleCI` means a standalone organization, regardless of the host it connects to; the letter case differs
    from the lower-case spelling in other responses.
    """

    BITBUCKET = "Bitbucket"
    CIRCLECI = "CircleCI"
    GITHUB = "GitHub"
    GITLAB = "GitLab"

    if TYPE_CHECKING:
        # Stands for all other values, so that a `match` that handles each published value is not taken for complete.
        _UNPUBLISHED = str()
