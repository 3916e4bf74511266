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


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class Trigger(Model):
    """A rule that starts the pipeline of a definition when an event occurs."""

    id: UUID
    """UUID of the trigger, for `triggers.update` and `triggers.delete`."""

    checkout_ref: str | None = None
    """Branch or tag that is checked out; absent or empty where the event determines it."""

    config_ref: str | None = None
    """Branch or tag that the configuration is read from; absent or empty where the event determines it."""

    created_at: datetime | None = None
    """When the trigger was created, in UTC; observed to be missing in the result of `triggers.create`."""

    disabled: bool | None = None
    """True while the trigger ignores its events. If it is absent, the trigger is active, as with false."""

    event_name: str | None = None
    """Label of the event; set for webhooks and schedules."""

    event_preset: TriggerEventPreset | None = None
    """GitHub events that start the pipeline; absent for webhooks and schedules, and for rules that no single
    preset describes."""

    event_source: TriggerEventSource | None = None
    """Event source that fires the trigger."""

    parameters: dict[str, Any] | None = None
    """Pipeline parameters, by name, that each pipeline is started with; values are of any JSON type. Absent if
    there are none."""
