"""ContextOwnerBySlug."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.context_owner_by_slug_type import ContextOwnerBySlugType

__all__ = ["ContextOwnerBySlug"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class ContextOwnerBySlug(Model):
    """The owner of a new context, identified by slug."""

    slug: str
    """Organization slug, for example `gh/acme` or `circleci/...`."""

    type: ContextOwnerBySlugType | None = None
    """Always an organization; can be left out."""
