"""Group."""

from __future__ import annotations

from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["Group"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class Group(Model):
    """A set of people in an organization of type `circleci` that share roles."""

    id: UUID
    """UUID, to pass to `groups.get` and `groups.delete`."""

    name: str | None = None
    """Unique within the organization."""

    description: str | None = None
    """Purpose of the group; empty or absent if none was entered."""
