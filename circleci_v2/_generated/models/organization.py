"""Organization."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.organization_vcs_type import OrganizationVcsType

__all__ = ["Organization"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class Organization(Model):
    """An organization: owner of projects, contexts, groups and the plan that pays for credits."""

    id: str
    """UUID, as required by `groups`, `usage` and `contexts.list`."""

    name: str
    """Name as shown in the web app; not necessarily part of the slug."""

    slug: str
    """Organization slug, for example `gh/acme`; opaque, to be passed unchanged, when it starts with `circleci/`."""

    vcs_type: OrganizationVcsType
    """Integration that the organization uses; it determines which operations apply to its projects."""
