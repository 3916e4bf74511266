"""`circleci.schedules`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import document_keys, path_segment, required
from circleci_v2._wire.namespace import Namespace, RawNamespace, raw
from circleci_v2._wire.types import UNSET, Unset
from circleci_v2.pagination import Paginator
from circleci_v2.slugs import ProjectSlug, project_path

if TYPE_CHECKING:
    from circleci_v2._generated.models import (
        AttributionActor,
        MessageResponse,
        Schedule,
        TimetableByDayOfMonth,
        TimetableByDayOfWeek,
        TimetableChange,
    )

__all__ = ["Schedules", "SchedulesWithRawResponse"]


class Schedules(Namespace):
    """Scheduled pipelines: timetables that trigger pipelines."""

    def list(self, project_slug: ProjectSlug | str, *, page_token: str | None = None) -> Paginator[Schedule]:
        """List the schedules of a project.

        Returns scheduled pipelines of all users, created in the web app or with this API. Cron entries under
        `workflows` in a configuration file are not included, nor are the schedule triggers of a pipeline
        definition, which `triggers.list` returns.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.
            page_token: Token of the page to get: `next_page_token` of the previous page. Default: the first page.

        Returns:
            A paginator over schedules: await it for the first page, iterate over it for all items.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /project/{project-slug}/schedule (listSchedulesForProject),
        https://circleci.com/docs/api/v2/index.html#operation/listSchedulesForProject
        """
        return self._paginate(
            OPERATIONS["listSchedulesForProject"],
            models.Schedule,
            path=f"/project/{project_path(project_slug)}/schedule",
            query={"page-token": page_token},
        )

    async def create(
        self,
        project_slug: ProjectSlug | str,
        *,
        name: str,
        attribution_actor: AttributionActor | Literal["current", "system"],
        parameters: Mapping[str, int | str | bool],
        timetable: TimetableByDayOfWeek | TimetableByDayOfMonth | Mapping[str, Any],
        description: str | Unset | None = UNSET,
    ) -> Schedule:
        """Create a schedule that triggers pipelines of a project at specified times.

        Supports GitHub OAuth and Bitbucket Cloud projects. GitLab and Bitbucket Data Center projects have no
        schedules. For GitHub App projects, CircleCI's guide says that the API cannot create them yet, while its
        API document lists cron expressions for `triggers.create`.

        A schedule builds a single branch or tag, so two branches need two schedules. Times are UTC and
        approximate: CircleCI picks the minutes within the hour. Schedules stop without a message when their
        actor leaves the organization.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.
            name: Name to show in the web app, for example `nightly`.
            attribution_actor: User whose permissions the pipelines run with.
            parameters: Pipeline parameters for each run, including `branch` or `tag` to select the ref to build: one of the
                two is required. The others must be declared in the configuration. Not for secrets: CircleCI does
                not protect parameter values.
            timetable: Times to trigger at, in UTC: by days of the week or by days of the month, not both.
            description: Purpose of the schedule, free text. Default: none.

        Returns:
            The new schedule.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        POST /project/{project-slug}/schedule (createSchedule),
        https://circleci.com/docs/api/v2/index.html#operation/createSchedule
        """
        return await self._call(
            OPERATIONS["createSchedule"],
            models.Schedule,
            path=f"/project/{project_path(project_slug)}/schedule",
            body={
                "name": required("name", name),
                "attribution-actor": required("attribution_actor", attribution_actor),
                "parameters": required("parameters", parameters),
                "timetable": document_keys(
                    required("timetable", timetable), models.TimetableByDayOfMonth, models.TimetableByDayOfWeek
                ),
                "description": description,
            },
            nullable=("description",),
        )

    async def get(self, schedule_id: UUID | str) -> Schedule:
        """Get a schedule.

        Returns timetable, parameters and acting user. Nothing else is stored: neither the last run nor the next
        one is included. `pipelines.list_for_project` lists the pipelines that it has started, with a trigger of
        type `scheduled_pipeline`.

        Args:
            schedule_id: UUID of the schedule, from `schedules.list` or `schedules.create`.

        Returns:
            The schedule.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /schedule/{schedule-id} (getScheduleById),
        https://circleci.com/docs/api/v2/index.html#operation/getScheduleById
        """
        return await self._call(
            OPERATIONS["getScheduleById"], models.Schedule, path=f"/schedule/{path_segment('schedule_id', schedule_id)}"
        )

    async def update(
        self,
        schedule_id: UUID | str,
        *,
        name: str | None = None,
        attribution_actor: AttributionActor | Literal["current", "system"] | None = None,
        description: str | Unset | None = UNSET,
        parameters: Mapping[str, int | str | bool] | None = None,
        timetable: TimetableChange | Mapping[str, Any] | None = None,
    ) -> Schedule:
        """Change a schedule.

        Fields that are left out keep their value. To be safe, send `parameters` and `timetable` complete if any
        part of them changes, starting from `schedules.get`: the merging of partial values is not documented. As
        with `schedules.create`, GitHub App and GitLab projects are not supported.

        Args:
            schedule_id: UUID of the schedule, from `schedules.list` or `schedules.create`.
            name: New name.
            attribution_actor: User whose permissions the pipelines run with from now on. `current` assigns the schedule to the
                owner of the token.
            description: New purpose of the schedule, free text.
            parameters: New pipeline parameters; send the full set, including `branch` or `tag`. Not for secrets: CircleCI
                does not protect parameter values.
            timetable: New times; preferably sent complete.

        Returns:
            The schedule after the change.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        PATCH /schedule/{schedule-id} (updateSchedule),
        https://circleci.com/docs/api/v2/index.html#operation/updateSchedule
        """
        return await self._call(
            OPERATIONS["updateSchedule"],
            models.Schedule,
            path=f"/schedule/{path_segment('schedule_id', schedule_id)}",
            body={
                "name": name,
                "attribution-actor": attribution_actor,
                "description": description,
                "parameters": parameters,
                "timetable": document_keys(timetable, models.TimetableChange),
            },
            nullable=("description",),
        )

    async def delete(self, schedule_id: UUID | str) -> MessageResponse:
        """Delete a schedule.

        The schedule starts no more pipelines; CircleCI does not document an effect on those already running.
        Schedules cannot be paused: store the result of `schedules.get` to be able to recreate it. GitHub App
        and GitLab projects are not supported.

        Args:
            schedule_id: UUID of the schedule, from `schedules.list` or `schedules.create`.

        Returns:
            Confirmation that the schedule was deleted.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        DELETE /schedule/{schedule-id} (deleteScheduleById),
        https://circleci.com/docs/api/v2/index.html#operation/deleteScheduleById
        """
        return await self._call(
            OPERATIONS["deleteScheduleById"],
            models.MessageResponse,
            path=f"/schedule/{path_segment('schedule_id', schedule_id)}",
        )


class SchedulesWithRawResponse(RawNamespace):
    """The methods of `Schedules`; each returns the `Response`, with the decoded value as ``parsed``."""

    list = raw(Schedules.list)
    create = raw(Schedules.create)
    get = raw(Schedules.get)
    update = raw(Schedules.update)
    delete = raw(Schedules.delete)
