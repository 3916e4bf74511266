"""VcsProvider."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["VcsProvider"]


class VcsProvider(OpenStrEnum):
    """First segment of a project slug: `gh` or `github`, `bb` or `bitbucket`, or `circleci` for opaque slugs."""

    BB = "bb"
    BITBUCKET = "bitbucket"
    CIRCLECI = "circleci"
    GH = "gh"
    GITHUB = "github"

    if TYPE_CHECKING:
        # Stands for all other values, so that a `match` that handles each published value is not taken for complete.
        _UNPUBLISHED = str()
