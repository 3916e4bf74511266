"""DeployEnvironment."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.deploy_label import DeployLabel

__all__ = ["DeployEnvironment"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class DeployEnvironment(Model):
    """A deployment target of an organization, such as production."""

    id: UUID
    """UUID of the environment, to filter `deploy.list_component_versions` by."""

    name: str | None = None
    """Name that jobs use in deploy markers, for example `production`; `default` if a job names none."""

    created_at: datetime | None = None
    """When the environment was first recorded, in UTC."""

    description: str | None = None
    """Note entered in the web app; absent or empty if there is none."""

    labels: list[DeployLabel] | None = None
    """Labels attached to the environment; empty if there are none."""

    updated_at: datetime | None = None
    """When the environment was last modified, in UTC."""
