"""GET /schedule/{schedule-id}: getScheduleById."""

from __future__ import annotations

from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

OPERATION = OPERATIONS["getScheduleById"]


def build(schedule_id: UUID | str) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/schedule/{path_segment('schedule_id', schedule_id)}",
    )


def parse(answer: Payload) -> models.Schedule:
    """Decode the answer."""
    return answer.decode(models.Schedule)
