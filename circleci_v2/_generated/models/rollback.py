"""Rollback."""

from __future__ import annotations

from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["Rollback"]


@define(kw_only=True, weakref_slot=False)
class Rollback(Model):
    """Rollback"""

    id: UUID | None = None

    rollback_type: str | None = None
