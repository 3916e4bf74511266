"""RepositoryConfigSourceInput."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.repository_input import RepositoryInput
    from circleci_v2._generated.models.repository_provider import RepositoryProvider

__all__ = ["RepositoryConfigSourceInput"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class RepositoryConfigSourceInput(Model):
    """Configuration stored as a file in a repository: the usual choice."""

    file_path: str
    """Path from the root of the repository, for example `.circleci/config.yml`."""

    provider: RepositoryProvider
    """Integration through which CircleCI reaches the repository."""

    repo: RepositoryInput
    """Repository that contains the file; may differ from the one that is checked out."""
