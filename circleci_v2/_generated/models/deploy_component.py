"""DeployComponent."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.deploy_label import DeployLabel

__all__ = ["DeployComponent"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class DeployComponent(Model):
    """Something that a project deploys, such as a service."""

    id: UUID
    """UUID of the component, for `deploy.list_component_versions`."""

    name: str | None = None
    """Name that jobs use in deploy markers; the project's name if a job names none."""

    created_at: datetime | None = None
    """When the component was first recorded, in UTC."""

    labels: list[DeployLabel] | None = None
    """Labels attached to the component; empty if there are none."""

    project_id: UUID | None = None
    """UUID of the project that deploys it; observed as null for a component without a project."""

    release_count: int | None = None
    """Number of recorded releases, over all environments. Measured to be 0 in `deploy.list_components`;
    `deploy.get_component` returns the true number."""

    updated_at: datetime | None = None
    """When the component was last modified, in UTC."""
