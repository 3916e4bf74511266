"""Project."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.project_vcs_info import ProjectVcsInfo

__all__ = ["Project"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class Project(Model):
    """A project: one unit of pipelines, settings and secrets, mostly for one repository."""

    id: UUID
    """UUID, as asked for by `pipeline_definitions`, `triggers`, `rollbacks` and project restrictions of contexts."""

    name: str
    """Repository name, or a freely chosen one in standalone organizations; it need not occur in the slug."""

    slug: str
    """For example `gh/acme/web`; opaque, to be passed on whole, when it starts with `circleci/`."""

    organization_id: UUID
    """UUID of the owning organization."""

    organization_name: str
    """Owning organization as the web app shows it."""

    organization_slug: str
    """Owning organization in the form that slugs of its projects begin with."""

    vcs_info: ProjectVcsInfo
    """Where the code comes from."""
