"""RepositoryChange."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["RepositoryChange"]


@define(kw_only=True, weakref_slot=False)
class RepositoryChange(Model):
    """RepositoryChange"""

    external_id: str | None = None
