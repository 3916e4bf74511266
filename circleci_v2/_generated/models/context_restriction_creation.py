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
    """A restriction just created; unlike a listed one it does not repeat the context."""

    id: UUID | None = None
    """UUID, with which `contexts.delete_restriction` removes it again."""

    name: str | None = None
    """Name of the project or group, for display; empty or null for expressions."""

    project_id: UUID | None = None
    """Deprecated, and only there for project restrictions; `restriction_value` says the same."""

    restriction_type: ContextRestrictionType | None = None
    """What is tested before a job gets the context."""

    restriction_value: str | None = None
    """UUID of the project or group, or the expression's text, by `restriction_type`."""
