"""Policy."""

from __future__ import annotations

from datetime import datetime

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["Policy"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class Policy(Model):
    """One config policy with its source."""

    name: str | None = None
    """Name from the `policy_name` rule of the source, unique in the organization."""

    content: str | None = None
    """Source in Rego, the language of Open Policy Agent, in package `org`."""

    created_at: datetime | None = None
    """When this policy was stored, in UTC."""

    created_by: str | None = None
    """Creator of this policy; treat it as an identifier, not as a display name."""
