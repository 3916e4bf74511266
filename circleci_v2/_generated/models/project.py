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
    """A project: a unit of pipelines, settings and secrets, mostly for one repository."""

    id: UUID
    """UUID, as required by `pipeline_definitions`, `triggers`, `rollbacks` and project restrictions of contexts."""

    name: str
    """Repository name, or a freely chosen one in standalone organizations; not necessarily part of the slug."""

    slug: str
    """Project slug, for example `gh/acme/web`; opaque, to be passed unchanged, when it starts with `circleci/`."""

    organization_id: UUID
    """UUID of the owning organization."""

    organization_name: str
    """Name of the owning organization, as shown in the web app."""

    organization_slug: str
    """Slug of the owning organization, with which the slugs of its projects begin."""

    vcs_info: ProjectVcsInfo
    """Repository of the project's code."""
