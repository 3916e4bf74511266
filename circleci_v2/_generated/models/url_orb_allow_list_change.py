"""UrlOrbAllowListChange."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["UrlOrbAllowListChange"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class UrlOrbAllowListChange(Model):
    """Outcome of adding or removing an entry of the allow-list."""

    id: str
    """UUID of the entry that was added or removed. Store that of a new one:
    `organizations.remove_url_orb_allow_list_entry` requires it."""

    message: str
    """Human-readable description of the change; not meant to be parsed."""
