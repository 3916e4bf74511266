"""UrlOrbAllowListEntry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.url_orb_auth import UrlOrbAuth

__all__ = ["UrlOrbAllowListEntry"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class UrlOrbAllowListEntry(Model):
    """A URL prefix from which an organization may use orbs."""

    id: str
    """UUID, to remove the entry with `organizations.remove_url_orb_allow_list_entry`."""

    name: str
    """Label of the entry; it has no effect."""

    auth: UrlOrbAuth
    """Authentication that CircleCI uses to fetch orbs below the prefix."""

    prefix: str
    """An HTTPS URL ending in `/`; references to orbs that begin with it are allowed."""
