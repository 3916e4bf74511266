"""Schedule."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from attrs import define, field

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.timetable_by_day_of_month import TimetableByDayOfMonth
    from circleci_v2._generated.models.timetable_by_day_of_week import TimetableByDayOfWeek
    from circleci_v2._generated.models.user import User

__all__ = ["Schedule"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class Schedule(Model):
    """A rule that triggers pipelines of a project at recurring times."""

    id: UUID
    """UUID, for `schedules.get`, `schedules.update` and `schedules.delete`."""

    name: str
    """Name shown in the web app."""

    actor: User
    """User the pipelines run as; a system user if the schedule was created with `system`. Pipelines stop without a
    message when this user leaves the organization."""

    created_at: datetime = field(metadata={"key": "created-at"})
    """When the schedule was created, in UTC."""

    description: str | None
    """Purpose of the schedule, free text; null if there is none."""

    parameters: dict[str, int | str | bool]
    """Pipeline parameters of each run; `branch` or `tag` among them is the ref that is built."""

    project_slug: str = field(metadata={"key": "project-slug"})
    """Slug of the project whose pipelines it triggers."""

    timetable: TimetableByDayOfWeek | TimetableByDayOfMonth
    """Times at which it triggers, in UTC."""

    updated_at: datetime = field(metadata={"key": "updated-at"})
    """When the schedule was last changed, in UTC; triggering does not change it."""
