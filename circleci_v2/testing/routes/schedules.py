"""Schedules of a project."""

from __future__ import annotations

from http import HTTPStatus

from circleci_v2.testing.clock import rfc3339
from circleci_v2.testing.messages import Answer, Call, Refusal
from circleci_v2.testing.paging import page
from circleci_v2.testing.routes.user import render_user
from circleci_v2.testing.routing import Routes
from circleci_v2.testing.state.organizations import User
from circleci_v2.testing.state.projects import Project
from circleci_v2.testing.state.records import Record, given
from circleci_v2.testing.state.world import World

__all__ = ["routes"]

routes = Routes()

_FIELDS = ("name", "description", "timetable", "parameters")
_SYSTEM = User(id="d9b3fcaa-6032-405a-8c75-40079ce33c3e", login="system-actor", name="Scheduled")


def _actor(world: World, attribution: str) -> Record:
    return render_user(_SYSTEM if attribution == "system" else world.user)


def _located(world: World, call: Call) -> tuple[Project, Record]:
    for project in world.projects.values():
        if schedule := project.schedules.get(call.parameters["schedule-id"]):
            return project, schedule
    raise Refusal(HTTPStatus.NOT_FOUND, "Schedule not found")


@routes.get("/project/{project-slug}/schedule")
def list_schedules(world: World, call: Call) -> Answer:
    """The schedules of a project."""
    schedules = list(world.project(call.parameters["project-slug"]).schedules.values())
    return page(world.tokens, call, schedules, lambda schedule: schedule)


@routes.post("/project/{project-slug}/schedule")
def create(world: World, call: Call) -> Answer:
    """Create a schedule."""
    project, fields = world.project(call.parameters["project-slug"]), call.fields()
    now = rfc3339(world.now())
    schedule: Record = {
        "id": world.uuid(),
        "created-at": now,
        "updated-at": now,
        "project-slug": project.slug,
        "description": None,
        "actor": _actor(world, fields["attribution-actor"]),
        **given(fields, *_FIELDS),
    }
    project.schedules[schedule["id"]] = schedule
    return Answer.json(schedule, HTTPStatus.CREATED)


@routes.get("/schedule/{schedule-id}")
def get(world: World, call: Call) -> Answer:
    """One schedule."""
    return Answer.json(_located(world, call)[1])


@routes.patch("/schedule/{schedule-id}")
def update(world: World, call: Call) -> Answer:
    """Change what is given; of the timetable too."""
    _, schedule = _located(world, call)
    fields = call.fields()
    timetable = {**schedule["timetable"], **fields.get("timetable", {})}
    schedule |= given(fields, *_FIELDS) | {"timetable": timetable, "updated-at": rfc3339(world.now())}
    if "description" in fields:
        schedule["description"] = fields["description"]
    if "attribution-actor" in fields:
        schedule["actor"] = _actor(world, fields["attribution-actor"])
    return Answer.json(schedule)


@routes.delete("/schedule/{schedule-id}")
def delete(world: World, call: Call) -> Answer:
    """Delete a schedule."""
    project, schedule = _located(world, call)
    del project.schedules[schedule["id"]]
    return Answer.message("Schedule deleted.")
