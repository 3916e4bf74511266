"""ContextRestriction."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.context_restriction_type import ContextRestrictionType

__all__ = ["ContextRestriction"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class ContextRestriction(Model):
    """A condition on the use of a context."""

    id: UUID
    """UUID, to remove it with `contexts.delete_restriction`."""

    name: str | None = None
    """Name of the project or group, for display; empty or null for expressions."""

    context_id: UUID | None = None
    """UUID of the restricted context."""

    project_id: UUID | None = None
    """Deprecated, and present for project restrictions only; `restriction_value` contains the same."""

    restriction_type: ContextRestrictionType | None = None
    """Kind of condition that is checked before a job gets the context."""

    restriction_value: str | None = None
    """UUID of the project or group, or text of the expression, depending on `restriction_type`."""
