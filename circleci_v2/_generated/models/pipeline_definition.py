"""PipelineDefinition."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.checkout_source import CheckoutSource
    from circleci_v2._generated.models.config_source import ConfigSource

__all__ = ["PipelineDefinition"]


@define(kw_only=True, weakref_slot=False)
class PipelineDefinition(Model):
    """PipelineDefinition"""

    id: UUID | None = None

    name: str | None = None

    checkout_source: CheckoutSource | None = None

    config_source: ConfigSource | None = None

    created_at: datetime | None = None

    description: str | None = None
