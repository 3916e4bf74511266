"""User."""

from __future__ import annotations

from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["User"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class User(Model):
    """A user of CircleCI."""

    id: UUID
    """UUID of the user at CircleCI; `started_by`, `approved_by` and `canceled_by` refer to it."""

    name: str
    """Display name; can equal the login."""

    login: str
    """User name at the code host."""

    avatar_url: str | None = None
    """Picture of the user at the code host; often null or absent."""
