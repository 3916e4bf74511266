"""Group."""

from __future__ import annotations

from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["Group"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class Group(Model):
    """A set of people in an organization who are given roles, and access to contexts, together."""

    id: UUID | None = None
    """UUID, also the value of a group restriction in `contexts.create_restriction`."""

    name: str | None = None
    """Unique within the organization."""

    description: str | None = None
    """What the group is for; empty or absent if nobody wrote it down."""
