"""UrlOrbAllowListChange."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["UrlOrbAllowListChange"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class UrlOrbAllowListChange(Model):
    """Outcome of adding or removing an entry of the allow-list."""

    id: str
    """UUID of the entry that was added or removed. Keep that of a new one:
    `organizations.remove_url_orb_allow_list_entry` asks for it."""

    message: str
    """What was done, in words; not meant to be parsed."""
