"""RepositoryConfigSourceInput."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.repository_input import RepositoryInput
    from circleci_v2._generated.models.repository_provider import RepositoryProvider

__all__ = ["RepositoryConfigSourceInput"]


@define(kw_only=True, weakref_slot=False)
class RepositoryConfigSourceInput(Model):
    """RepositoryConfigSourceInput"""

    file_path: str

    provider: RepositoryProvider

    repo: RepositoryInput
