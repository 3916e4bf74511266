"""Policy."""

from __future__ import annotations

from datetime import datetime

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["Policy"]


@define(kw_only=True, weakref_slot=False)
class Policy(Model):
    """Policy"""

    name: str | None = None

    content: str | None = None

    created_at: datetime | None = None

    created_by: str | None = None
