"""ProjectVcsInfo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.project_vcs_provider import ProjectVcsProvider

__all__ = ["ProjectVcsInfo"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class ProjectVcsInfo(Model):
    """Code host and repository of a project."""

    default_branch: str
    """Default branch at the host, for example `main`; used by Insights when no branch is passed."""

    provider: ProjectVcsProvider
    """Host of the code; `CircleCI` for projects of standalone organizations."""

    vcs_url: str
    """URL of the repository. For projects with an opaque slug do not clone from it: their repositories are in
    `pipeline_definitions.list`."""
