"""Repository."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["Repository"]


@define(kw_only=True, weakref_slot=False)
class Repository(Model):
    """Repository"""

    external_id: str | None = None

    full_name: str | None = None
