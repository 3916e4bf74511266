"""RepositoryChange."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["RepositoryChange"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class RepositoryChange(Model):
    """Reference to the repository that takes the place of the present one."""

    external_id: str | None = None
    """Numeric ID of the new repository with its host, as a string; not its name."""
