"""OidcClaims."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["OidcClaims"]


@define(kw_only=True, weakref_slot=False)
class OidcClaims(Model):
    """OidcClaims"""

    org_id: UUID

    audience: list[str] | None = None

    audience_updated_at: datetime | None = None

    project_id: UUID | None = None

    ttl: str | None = None

    ttl_updated_at: datetime | None = None
