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
    """UUID, as asked for by `groups`, `usage` and `contexts.list`."""

    name: str
    """Name as shown in the web app; it need not occur in the slug."""

    slug: str
    """For example `gh/acme`; opaque, to be passed on whole, when it starts with `circleci/`."""

    vcs_type: OrganizationVcsType
    """Which integration the organization uses, and with it which operations apply to its projects."""
