"""Pipeline definitions, triggers and schedules of a project, and the pipelines that schedules start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from circleci_v2.testing.clock import rfc3339
from circleci_v2.testing.messages import FakeRequest, FakeResponse, HTTPError, page
from circleci_v2.testing.routes import Routes
from circleci_v2.testing.routes.organizations import render_user
from circleci_v2.testing.state import FakeState
from circleci_v2.testing.state.execution import register_pipeline, start_workflows
from circleci_v2.testing.state.projects import FakeCommit, FakePipeline, FakeProject
from circleci_v2.testing.state.resources import FakeSchedule, FakeUser, Record, find_or_404, hexadecimal, pick

__all__ = ["routes", "run_schedules", "run_times"]

routes = Routes()

_DEFINITION_FIELDS = ("name", "description")
_TRIGGER_FIELDS = ("event_name", "event_preset", "checkout_ref", "config_ref", "disabled", "parameters")
_REDACTED: Final = "**REDACTED**"
_SECRET_DIGITS: Final = 40
_SCHEDULE_FIELDS = ("name", "description", "timetable", "parameters")
_DAYS = ("days-of-week", "days-of-month")
_WEEKDAYS: Final = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_HOURS_PER_DAY: Final = 24
_RANGES: Final[Mapping[str, tuple[int, int]]] = {"hours-of-day": (0, _HOURS_PER_DAY), "days-of-month": (1, 31)}
_SECONDS_PER_HOUR: Final = 3600.0
_REFS: Final = ("branch", "tag")
_SYSTEM = FakeUser(id="d9b3fcaa-6032-405a-8c75-40079ce33c3e", login="system-actor", name="Scheduled")


def _project(state: FakeState, request: FakeRequest) -> FakeProject:
    return state.project_by_id(request.path_params["project_id"])


def _find_definition(state: FakeState, request: FakeRequest) -> Record:
    definition = _project(state, request).definitions.get(request.path_params["pipeline_definition_id"])
    if definition is None:
        raise HTTPError(HTTPStatus.BAD_REQUEST, "Failed to get pipeline definition.")  # the live API's response
    return definition


def _repository(project: FakeProject, external_id: str) -> Record:
    return {"full_name": f"{project.organization.name}/{project.name}", "external_id": external_id}


def _source(project: FakeProject, given_source: Record) -> Record:
    source = pick(given_source, "provider", "file_path")
    external_id = given_source.get("repo", {}).get("external_id")
    if external_id is not None:
        source["repo"] = _repository(project, external_id)
    return source


@routes.get("/projects/{project_id}/pipeline-definitions")
def list_definitions(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the pipeline definitions; the response is not paginated."""
    return FakeResponse.json({"items": list(_project(state, request).definitions.values())})


@routes.post("/projects/{project_id}/pipeline-definitions")
def create_definition(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Create a pipeline definition."""
    project, fields = _project(state, request), request.json_object()
    definition: Record = {
        "id": state.uuid(),
        "description": "",
        **pick(fields, *_DEFINITION_FIELDS),
        "created_at": rfc3339(state.now()),
        "config_source": _source(project, fields["config_source"]),
        "checkout_source": _source(project, fields["checkout_source"]),
    }
    project.definitions[definition["id"]] = definition
    return FakeResponse.json(definition)


@routes.get("/projects/{project_id}/pipeline-definitions/{pipeline_definition_id}")
def get_definition(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get a pipeline definition."""
    return FakeResponse.json(_find_definition(state, request))


@routes.patch("/projects/{project_id}/pipeline-definitions/{pipeline_definition_id}")
def update_definition(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Change the given fields of a pipeline definition."""
    project, definition, fields = _project(state, request), _find_definition(state, request), request.json_object()
    definition |= pick(fields, *_DEFINITION_FIELDS)
    for name in ("config_source", "checkout_source"):
        definition[name] |= _source(project, fields.get(name) or {})
    return FakeResponse.json(definition)


@routes.delete("/projects/{project_id}/pipeline-definitions/{pipeline_definition_id}")
def delete_definition(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Delete a pipeline definition with its triggers; deleting it again succeeds, too."""
    project, deleted = _project(state, request), request.path_params["pipeline_definition_id"]
    project.definitions.pop(deleted, None)
    project.triggers = {
        identifier: trigger
        for identifier, trigger in project.triggers.items()
        if trigger["pipeline_definition_id"] != deleted
    }
    return FakeResponse.message("Pipeline definition deleted.")


def _render_trigger(trigger: Record) -> dict[str, Any]:
    return {name: value for name, value in trigger.items() if name != "pipeline_definition_id"}


def _event_source(state: FakeState, project: FakeProject, trigger_id: str, source: Record) -> Record:
    rendered = pick(source, "provider")
    if "repo" in source:
        rendered["repo"] = _repository(project, source["repo"]["external_id"])
    if "webhook" in source:
        url = f"https://internal.circleci.com/private/soc/e/{trigger_id}?secret={_REDACTED}"
        rendered["webhook"] = {"url": url, **pick(source["webhook"], "sender")}
    if "schedule" in source:
        schedule = pick(source["schedule"], "cron_expression")
        rendered["schedule"] = schedule | {"attribution_actor": {"id": state.user.id}}
    return rendered


def _find_trigger(state: FakeState, request: FakeRequest) -> Record:
    return find_or_404(_project(state, request).triggers, request.path_params["trigger_id"], "Trigger")


@routes.get("/projects/{project_id}/pipeline-definitions/{pipeline_definition_id}/triggers")
def list_triggers(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the triggers of a pipeline definition; the response is not paginated."""
    definition, triggers = _find_definition(state, request), _project(state, request).triggers.values()
    own = [trigger for trigger in triggers if trigger["pipeline_definition_id"] == definition["id"]]
    return FakeResponse.json({"items": [_render_trigger(trigger) for trigger in own]})


@routes.post("/projects/{project_id}/pipeline-definitions/{pipeline_definition_id}/triggers")
def create_trigger(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Create a trigger; only this response contains the secret in the URL of a webhook."""
    project, definition, fields = _project(state, request), _find_definition(state, request), request.json_object()
    identifier = state.uuid()
    trigger: Record = {
        "id": identifier,
        "pipeline_definition_id": definition["id"],
        "created_at": rfc3339(state.now()),
        "disabled": False,
        **pick(fields, *_TRIGGER_FIELDS),
        "event_source": _event_source(state, project, identifier, fields["event_source"]),
    }
    project.triggers[identifier] = trigger
    return FakeResponse.json(_render_new_trigger(trigger, secret=hexadecimal(state.random, _SECRET_DIGITS)))


def _render_new_trigger(trigger: Record, *, secret: str) -> Record:
    """Return a trigger as in the response to its creation: without its time, and with the secret of a webhook."""
    shown = {name: value for name, value in _render_trigger(trigger).items() if name != "created_at"}
    source = trigger["event_source"]
    if "webhook" in source:
        url = source["webhook"]["url"].replace(_REDACTED, secret)
        shown["event_source"] = source | {"webhook": source["webhook"] | {"url": url}}
    return shown


@routes.get("/projects/{project_id}/triggers/{trigger_id}")
def get_trigger(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get a trigger."""
    return FakeResponse.json(_render_trigger(_find_trigger(state, request)))


@routes.patch("/projects/{project_id}/triggers/{trigger_id}")
def update_trigger(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Change the given fields of a trigger."""
    project, trigger, fields = _project(state, request), _find_trigger(state, request), request.json_object()
    trigger |= pick(fields, *_TRIGGER_FIELDS)
    trigger["event_source"] |= _event_source(state, project, trigger["id"], fields.get("event_source") or {})
    return FakeResponse.json(_render_trigger(trigger))


@routes.delete("/projects/{project_id}/triggers/{trigger_id}")
def delete_trigger(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Delete a trigger."""
    del _project(state, request).triggers[_find_trigger(state, request)["id"]]
    return FakeResponse.message("Trigger deleted.")


def _actor(state: FakeState, attribution: str) -> Record:
    return render_user(_SYSTEM if attribution == "system" else state.user)


def _find_schedule(state: FakeState, request: FakeRequest) -> tuple[FakeProject, FakeSchedule]:
    for project in state.projects.values():
        if schedule := project.schedules.get(request.path_params["schedule-id"]):
            return project, schedule
    raise HTTPError(HTTPStatus.NOT_FOUND, "Schedule not found")


@routes.get("/project/{project-slug}/schedule")
def list_schedules(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the schedules of a project."""
    schedules = list(state.project(request.path_params["project-slug"]).schedules.values())
    return page(state.tokens, request, schedules, lambda schedule: schedule.record)


@routes.post("/project/{project-slug}/schedule")
def create_schedule(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Create a schedule, which starts pipelines as the clock advances."""
    project, fields = state.project(request.path_params["project-slug"]), request.json_object()
    _check_schedule(fields["parameters"], fields["timetable"])
    now = rfc3339(state.now())
    record: Record = {
        "id": state.uuid(),
        "created-at": now,
        "updated-at": now,
        "project-slug": project.slug,
        "description": None,
        "actor": _actor(state, fields["attribution-actor"]),
        **pick(fields, *_SCHEDULE_FIELDS),
    }
    project.schedules[record["id"]] = FakeSchedule(record=record, since=state.now())
    return FakeResponse.json(record, HTTPStatus.CREATED)


def _check_schedule(parameters: Record, timetable: Record) -> None:
    if ("branch" in parameters) == ("tag" in parameters):
        raise HTTPError(HTTPStatus.BAD_REQUEST, "parameters: pass a branch or a tag, but not both.")
    if error := _timetable_error(timetable):
        raise HTTPError(HTTPStatus.BAD_REQUEST, f"timetable: {error}")


@routes.get("/schedule/{schedule-id}")
def get_schedule(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Get a schedule."""
    return FakeResponse.json(_find_schedule(state, request)[1].record)


@routes.patch("/schedule/{schedule-id}")
def update_schedule(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Change the given fields of a schedule and of its timetable."""
    record, fields = _find_schedule(state, request)[1].record, request.json_object()
    changed: Record = {**record, **pick(fields, *_SCHEDULE_FIELDS), "updated-at": rfc3339(state.now())}
    changed["timetable"] = _merge_timetable(record["timetable"], fields.get("timetable", {}))
    _check_schedule(changed["parameters"], changed["timetable"])
    if "description" in fields:
        changed["description"] = fields["description"]
    if "attribution-actor" in fields:
        changed["actor"] = _actor(state, fields["attribution-actor"])
    record.update(changed)
    return FakeResponse.json(record)


def _merge_timetable(timetable: Record, change: Record) -> Record:
    """Apply a change to a timetable; days of the week replace days of the month, and vice versa."""
    replaced = {name for name, other in (_DAYS, _DAYS[::-1]) if change.get(other) and not change.get(name)}
    return {**{name: value for name, value in timetable.items() if name not in replaced}, **change}


@routes.delete("/schedule/{schedule-id}")
def delete_schedule(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Delete a schedule."""
    project, schedule = _find_schedule(state, request)
    del project.schedules[schedule.record["id"]]
    return FakeResponse.message("Schedule deleted.")


def _timetable_error(timetable: Mapping[str, Any]) -> str | None:
    """Return the error of a timetable that satisfies the schema but is invalid, or None."""
    if bool(timetable.get("days-of-week")) == bool(timetable.get("days-of-month")):
        return "Pass days-of-week or days-of-month, but not both."
    if not 1 <= timetable["per-hour"] <= 60:
        return f"per-hour is {timetable['per-hour']}: use a number from 1 to 60."
    if not timetable["hours-of-day"]:
        return "hours-of-day is empty: pass at least one hour."
    for name, (least, most) in _RANGES.items():
        if outside := [value for value in timetable.get(name) or () if not least <= value <= most]:
            return f"{name} contains {outside[0]}: use numbers from {least} to {most}."
    return None


def run_times(timetable: Mapping[str, Any], after: float, until: float) -> Iterator[float]:
    """Yield the run times of a timetable, in order, in seconds since 1970.

    CircleCI chooses the minutes itself; the fake spreads the runs of an hour evenly, from the start of the hour.

    Args:
        timetable: The timetable as the API shows it; hours and days are in UTC.
        after: The start of the interval, exclusive.
        until: The end of the interval, inclusive.
    """
    day = datetime.fromtimestamp(after, tz=UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    while day.timestamp() <= until:
        yield from (moment for moment in _moments_of(timetable, day) if after < moment <= until)
        day += timedelta(days=1)


def _moments_of(timetable: Mapping[str, Any], day: datetime) -> Iterator[float]:
    per_hour: int = timetable["per-hour"]
    for hour in sorted(_hours_of(timetable, day)):
        start = (day + timedelta(hours=hour)).timestamp()
        yield from (start + run * _SECONDS_PER_HOUR / per_hour for run in range(per_hour))


def _hours_of(timetable: Mapping[str, Any], day: datetime) -> set[int]:
    """Return the hours of a day, 0 to 23. Hour 24 of the previous day is hour 0, and does not run twice."""
    requested: Sequence[int] = timetable["hours-of-day"]
    hours = {hour for hour in requested if hour < _HOURS_PER_DAY} if _is_on(timetable, day) else set[int]()
    if _HOURS_PER_DAY in requested and _is_on(timetable, day - timedelta(days=1)):
        hours.add(0)
    return hours


def _is_on(timetable: Mapping[str, Any], day: datetime) -> bool:
    months: Sequence[str] = timetable.get("months") or _MONTHS
    on_weekday = _WEEKDAYS[day.weekday()] in (timetable.get("days-of-week") or ())
    return _MONTHS[day.month - 1] in months and (on_weekday or day.day in (timetable.get("days-of-month") or ()))


def run_schedules(state: FakeState) -> None:
    """Start all scheduled pipelines that became due since the last call, in order of time."""
    now = state.now()
    due: list[tuple[float, FakeProject, FakeSchedule]] = []
    for project in state.projects.values():
        for schedule in project.schedules.values():
            timetable = schedule.record["timetable"]
            due.extend((moment, project, schedule) for moment in run_times(timetable, schedule.since, now))
            schedule.since = now
    for moment, project, schedule in sorted(due, key=lambda run: run[0]):
        _start(state, project, schedule, moment)


def _start(state: FakeState, project: FakeProject, schedule: FakeSchedule, moment: float) -> None:
    parameters, actor = schedule.record["parameters"], schedule.record["actor"]
    pipeline = FakePipeline(
        id=state.uuid(),
        number=len(project.pipelines) + 1,
        project=project,
        created_at=moment,
        trigger_type="scheduled_pipeline",
        actor_login=actor["login"],
        actor_id=actor["id"],
        received_at=moment,
        commit=FakeCommit(
            revision=hexadecimal(state.random, 40), branch=parameters.get("branch"), tag=parameters.get("tag")
        ),
        parameters={name: value for name, value in parameters.items() if name not in _REFS},
    )
    register_pipeline(state, pipeline)
    start_workflows(state, pipeline, project.workflows)
