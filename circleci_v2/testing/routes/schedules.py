"""Schedules of a project."""

from __future__ import annotations

from http import HTTPStatus

from circleci_v2.testing.clock import rfc3339
from circleci_v2.testing.messages import Answer, Call, Refusal
from circleci_v2.testing.paging import page
from circleci_v2.testing.routes.user import render_user
from circleci_v2.testing.routing import Routes
from circleci_v2.testing.state.organizations import User
from circleci_v2.testing.state.projects import Project, Schedule
from circleci_v2.testing.state.records import Record, given
from circleci_v2.testing.state.timetables import complaint
from circleci_v2.testing.state.world import World

__all__ = ["routes"]

routes = Routes()

_FIELDS = ("name", "description", "timetable", "parameters")
_DAYS = ("days-of-week", "days-of-month")
_SYSTEM = User(id="d9b3fcaa-6032-405a-8c75-40079ce33c3e", login="system-actor", name="Scheduled")


def _actor(world: World, attribution: str) -> Record:
    return render_user(_SYSTEM if attribution == "system" else world.user)


def _located(world: World, call: Call) -> tuple[Project, Schedule]:
    for project in world.projects.values():
        if schedule := project.schedules.get(call.parameters["schedule-id"]):
            return project, schedule
    raise Refusal(HTTPStatus.NOT_FOUND, "Schedule not found")


@routes.get("/project/{project-slug}/schedule")
def list_schedules(world: World, call: Call) -> Answer:
    """The schedules of a project."""
    schedules = list(world.project(call.parameters["project-slug"]).schedules.values())
    return page(world.tokens, call, schedules, lambda schedule: schedule.record)


@routes.post("/project/{project-slug}/schedule")
def create(world: World, call: Call) -> Answer:
    """Create a schedule; it starts pipelines as time passes."""
    project, fields = world.project(call.parameters["project-slug"]), call.fields()
    _check(fields["parameters"], fields["timetable"])
    now = rfc3339(world.now())
    record: Record = {
        "id": world.uuid(),
        "created-at": now,
        "updated-at": now,
        "project-slug": project.slug,
        "description": None,
        "actor": _actor(world, fields["attribution-actor"]),
        **given(fields, *_FIELDS),
    }
    project.schedules[record["id"]] = Schedule(record=record, since=world.now())
    return Answer.json(record, HTTPStatus.CREATED)


def _check(parameters: Record, timetable: Record) -> None:
    if ("branch" in parameters) == ("tag" in parameters):
        raise Refusal(HTTPStatus.BAD_REQUEST, "parameters: give a branch or a tag to build, and not both.")
    if problem := complaint(timetable):
        raise Refusal(HTTPStatus.BAD_REQUEST, f"timetable: {problem}")


@routes.get("/schedule/{schedule-id}")
def get(world: World, call: Call) -> Answer:
    """One schedule."""
    return Answer.json(_located(world, call)[1].record)


@routes.patch("/schedule/{schedule-id}")
def update(world: World, call: Call) -> Answer:
    """Change what is given; of the timetable too."""
    record, fields = _located(world, call)[1].record, call.fields()
    changed: Record = {**record, **given(fields, *_FIELDS), "updated-at": rfc3339(world.now())}
    changed["timetable"] = _changed(record["timetable"], fields.get("timetable", {}))
    _check(changed["parameters"], changed["timetable"])
    if "description" in fields:
        changed["description"] = fields["description"]
    if "attribution-actor" in fields:
        changed["actor"] = _actor(world, fields["attribution-actor"])
    record.update(changed)
    return Answer.json(record)


def _changed(timetable: Record, change: Record) -> Record:
    """The timetable after a change; days of one kind take the place of those of the other."""
    goes = {name for name, other in (_DAYS, _DAYS[::-1]) if change.get(other) and not change.get(name)}
    return {**{name: value for name, value in timetable.items() if name not in goes}, **change}


@routes.delete("/schedule/{schedule-id}")
def delete(world: World, call: Call) -> Answer:
    """Delete a schedule."""
    project, schedule = _located(world, call)
    del project.schedules[schedule.record["id"]]
    return Answer.message("Schedule deleted.")
