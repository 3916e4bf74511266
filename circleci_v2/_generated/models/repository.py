"""Repository."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["Repository"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class Repository(Model):
    """A repository known to CircleCI."""

    external_id: str | None = None
    """ID of the repository at the host, as a string; unlike `full_name`, renaming does not change it."""

    full_name: str | None = None
    """Owner and name at the host, for example `acme/web`; absent when CircleCI could not resolve it."""
