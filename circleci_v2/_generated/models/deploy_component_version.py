"""DeployComponentVersion."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["DeployComponentVersion"]


@define(kw_only=True, weakref_slot=False)
class DeployComponentVersion(Model):
    """DeployComponentVersion"""

    name: str | None = None

    environment_id: UUID | None = None

    is_live: bool | None = None

    job_id: UUID | None = None

    job_number: int | None = None

    last_deployed_at: datetime | None = None

    namespace: str | None = None

    pipeline_id: UUID | None = None

    workflow_id: UUID | None = None
