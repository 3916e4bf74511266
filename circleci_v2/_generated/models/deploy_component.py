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


@define(kw_only=True, weakref_slot=False)
class DeployComponent(Model):
    """DeployComponent"""

    id: UUID | None = None

    name: str | None = None

    created_at: datetime | None = None

    labels: list[DeployLabel] | None = None

    project_id: UUID | None = None

    release_count: int | None = None

    updated_at: datetime | None = None
