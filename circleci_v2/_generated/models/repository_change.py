"""RepositoryChange."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["RepositoryChange"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class RepositoryChange(Model):
    """Reference to the new repository, which replaces the current one."""

    external_id: str | None = None
    """Numeric ID of the new repository at the host, as a string; not its name."""
