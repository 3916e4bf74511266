"""TriggerEventSourceInput."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.repository_input import RepositoryInput
    from circleci_v2._generated.models.trigger_schedule_input import TriggerScheduleInput
    from circleci_v2._generated.models.trigger_webhook_input import TriggerWebhookInput

__all__ = ["TriggerEventSourceInput"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class TriggerEventSourceInput(Model):
    """Event source of a new trigger.

    Besides `provider`, pass the one field that belongs to it.
    """

    provider: str
    """`github_app`, `github_server` or `github_oauth` for repository events, `webhook` for calls of a URL,
    `schedule` for a timetable."""

    repo: RepositoryInput | None = None
    """Repository whose events fire the trigger. Required for the GitHub providers, rejected for others."""

    schedule: TriggerScheduleInput | None = None
    """Timetable; only with `schedule`."""

    webhook: TriggerWebhookInput | None = None
    """Expected caller; only with `webhook`. CircleCI generates the URL."""
