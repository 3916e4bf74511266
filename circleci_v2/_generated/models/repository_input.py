"""RepositoryInput."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["RepositoryInput"]


@define(kw_only=True, weakref_slot=False)
class RepositoryInput(Model):
    """RepositoryInput"""

    external_id: str
