"""ConfigSource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.repository import Repository

__all__ = ["ConfigSource"]


@define(kw_only=True, weakref_slot=False)
class ConfigSource(Model):
    """ConfigSource"""

    file_path: str | None = None

    provider: str | None = None

    repo: Repository | None = None
