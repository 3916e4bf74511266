"""ContextRestrictionCreation."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.context_restriction_type import ContextRestrictionType

__all__ = ["ContextRestrictionCreation"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class ContextRestrictionCreation(Model):
    """A newly created restriction; unlike a listed one it does not contain the context."""

    id: UUID
    """UUID, to remove it again with `contexts.delete_restriction`."""

    name: str | None = None
    """Name of the project or group, for display; empty or null for expressions."""

    project_id: UUID | None = None
    """Deprecated, and present for project restrictions only; `restriction_value` contains the same."""

    restriction_type: ContextRestrictionType | None = None
    """Kind of condition that is checked before a job gets the context."""

    restriction_value: str | None = None
    """UUID of the project or group, or text of the expression, depending on `restriction_type`."""
