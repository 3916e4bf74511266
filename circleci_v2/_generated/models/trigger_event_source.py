"""TriggerEventSource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.repository import Repository
    from circleci_v2._generated.models.trigger_schedule import TriggerSchedule
    from circleci_v2._generated.models.trigger_webhook import TriggerWebhook

__all__ = ["TriggerEventSource"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class TriggerEventSource(Model):
    """Event source of a trigger.

    Of `repo`, `schedule` and `webhook`, the one that belongs to `provider` is present.
    """

    provider: str | None = None
    """Kind of source: `github_app`, `github_server`, `github_oauth` and `bitbucket_dc` are repositories; the
    others are `webhook` and `schedule`."""

    repo: Repository | None = None
    """Repository whose events fire the trigger; absent for webhooks and schedules."""

    schedule: TriggerSchedule | None = None
    """Timetable; absent unless the provider is `schedule`."""

    webhook: TriggerWebhook | None = None
    """URL and sender; absent unless the provider is `webhook`."""
