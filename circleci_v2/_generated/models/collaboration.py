"""Collaboration."""

from __future__ import annotations

from uuid import UUID

from attrs import define, field

from circleci_v2._wire.model import Model

__all__ = ["Collaboration"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class Collaboration(Model):
    """An organization that the token's user can work in, as a member or through single repositories."""

    id: UUID | None
    """UUID of the organization; can be null, so use `slug` as the key."""

    name: str
    """Name as shown in the web app; for standalone organizations not part of the slug."""

    slug: str
    """Organization slug, for example `gh/acme`; opaque when it starts with `circleci/`."""

    avatar_url: str | None = None
    """Picture of the organization; null or absent if CircleCI has none."""

    vcs_type: str | None = field(default=None, metadata={"key": "vcs-type"})
    """Integration of the organization: `github`, `bitbucket`, `circleci`. Sometimes null or absent; also sent as
    `vcs_type`, which is read the same."""
