"""Trigger."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.trigger_event_preset import TriggerEventPreset
    from circleci_v2._generated.models.trigger_event_source import TriggerEventSource

__all__ = ["Trigger"]


@define(kw_only=True, weakref_slot=False)
class Trigger(Model):
    """Trigger"""

    id: UUID | None = None

    checkout_ref: str | None = None

    config_ref: str | None = None

    created_at: datetime | None = None

    disabled: bool | None = None

    event_name: str | None = None

    event_preset: TriggerEventPreset | None = None

    event_source: TriggerEventSource | None = None

    parameters: dict[str, Any] | None = None
