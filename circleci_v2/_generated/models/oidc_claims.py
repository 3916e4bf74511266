"""OidcClaims."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["OidcClaims"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class OidcClaims(Model):
    """Claims of OIDC tokens that an organization or a project has customized.

    Claims left at their default are absent.
    """

    org_id: UUID
    """UUID of the organization, also for claims of a project."""

    audience: list[str] | None = None
    """Values of the token's `aud` claim, in any order; absent while the default, the organization's ID, is in use."""

    audience_updated_at: datetime | None = None
    """When `audience` was last set, in UTC; stays after a reset, and is absent if it was never set."""

    project_id: UUID | None = None
    """UUID of the project that overrides the claims; absent for claims of the organization."""

    ttl: str | None = None
    """Lifetime of a token, normalized by CircleCI: `90m` is returned as `1h30m0s`. Absent while the default of one
    hour is in use."""

    ttl_updated_at: datetime | None = None
    """When `ttl` was last set, in UTC; stays after a reset, and is absent if it was never set."""
