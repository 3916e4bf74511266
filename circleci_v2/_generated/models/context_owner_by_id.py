"""ContextOwnerById."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.context_owner_by_id_type import ContextOwnerByIdType

__all__ = ["ContextOwnerById"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class ContextOwnerById(Model):
    """The owner of a new context, identified by UUID; the only form for accounts."""

    id: UUID
    """UUID of the organization, or of the account on CircleCI server."""

    type: ContextOwnerByIdType | None = None
    """Type of the owner that `id` identifies. Default: `organization`."""
