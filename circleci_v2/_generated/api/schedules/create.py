"""POST /project/{project-slug}/schedule: createSchedule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import given
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2._wire.types import UNSET, Unset
from circleci_v2.slugs import ProjectSlug, project_path

if TYPE_CHECKING:
    from circleci_v2._generated.models import AttributionActor, TimetableByDayOfMonth, TimetableByDayOfWeek

OPERATION = OPERATIONS["createSchedule"]


def build(
    project_slug: ProjectSlug | str,
    *,
    name: str,
    attribution_actor: AttributionActor | str,
    parameters: Mapping[str, int | str | bool],
    timetable: TimetableByDayOfWeek | TimetableByDayOfMonth | Mapping[str, Any],
    description: str | Unset | None = UNSET,
) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/project/{project_path(project_slug)}/schedule",
        json={
            "name": name,
            "attribution-actor": attribution_actor,
            "parameters": parameters,
            "timetable": timetable,
            **given(
                {},
                nullable={
                    "description": description,
                },
            ),
        },
    )


def parse(answer: Payload) -> models.Schedule:
    """Decode the answer."""
    return answer.decode(models.Schedule)
