"""ProjectVcsProvider."""

from __future__ import annotations

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["ProjectVcsProvider"]


class ProjectVcsProvider(OpenStrEnum):
    """Host of a project's code.

    `CircleCI` stands for standalone organizations, whatever host they connect to; letter case differs from the
    lower-case spelling in other answers.
    """

    BITBUCKET = "Bitbucket"
    CIRCLECI = "CircleCI"
    GITHUB = "GitHub"
    GITLAB = "GitLab"
