"""DecisionLog."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.decision import Decision
    from circleci_v2._generated.models.decision_metadata import DecisionMetadata

__all__ = ["DecisionLog"]


@define(kw_only=True, weakref_slot=False)
class DecisionLog(Model):
    """DecisionLog"""

    id: UUID | None = None

    created_at: datetime | None = None

    decision: Decision | None = None

    metadata: DecisionMetadata | None = None

    policies: dict[str, str] | None = None

    time_taken_ms: int | None = None
