"""PATCH /schedule/{schedule-id}: updateSchedule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import given, path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2._wire.types import UNSET, Unset

if TYPE_CHECKING:
    from circleci_v2._generated.models import AttributionActor, TimetableChange

OPERATION = OPERATIONS["updateSchedule"]


def build(
    schedule_id: UUID | str,
    *,
    name: str | None = None,
    attribution_actor: AttributionActor | str | None = None,
    description: str | Unset | None = UNSET,
    parameters: Mapping[str, int | str | bool] | None = None,
    timetable: TimetableChange | Mapping[str, Any] | None = None,
) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/schedule/{path_segment('schedule_id', schedule_id)}",
        json=given(
            {
                "name": name,
                "attribution-actor": attribution_actor,
                "parameters": parameters,
                "timetable": timetable,
            },
            nullable={
                "description": description,
            },
        ),
    )


def parse(answer: Payload) -> models.Schedule:
    """Decode the answer."""
    return answer.decode(models.Schedule)
