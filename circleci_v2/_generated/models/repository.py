"""Repository."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["Repository"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class Repository(Model):
    """A repository as CircleCI knows it."""

    external_id: str | None = None
    """ID that the host gave the repository, as a string; it survives renames, unlike `full_name`."""

    full_name: str | None = None
    """Owner and name at the host, for example `acme/web`; absent when CircleCI could not resolve it."""
