"""Schedules that come round: the pipelines that were to start by now."""

from __future__ import annotations

from circleci_v2.testing.state.identifiers import hexadecimal
from circleci_v2.testing.state.launching import add_pipeline, launch
from circleci_v2.testing.state.projects import Project, Schedule
from circleci_v2.testing.state.runs import Commit, Pipeline
from circleci_v2.testing.state.timetables import moments
from circleci_v2.testing.state.world import World

__all__ = ["run_schedules"]

_REFS = ("branch", "tag")


def run_schedules(world: World) -> None:
    """Start what every schedule was to start since the last time, in the order of the moments."""
    now = world.now()
    due: list[tuple[float, Project, Schedule]] = []
    for project in world.projects.values():
        for schedule in project.schedules.values():
            timetable = schedule.record["timetable"]
            due.extend((moment, project, schedule) for moment in moments(timetable, schedule.since, now))
            schedule.since = now
    for moment, project, schedule in sorted(due, key=lambda run: run[0]):
        _start(world, project, schedule, moment)


def _start(world: World, project: Project, schedule: Schedule, moment: float) -> None:
    parameters, actor = schedule.record["parameters"], schedule.record["actor"]
    pipeline = Pipeline(
        id=world.uuid(),
        number=len(project.pipelines) + 1,
        project=project,
        created_at=moment,
        trigger_type="scheduled_pipeline",
        actor_login=actor["login"],
        actor_id=actor["id"],
        received_at=moment,
        commit=Commit(
            revision=hexadecimal(world.random, 40), branch=parameters.get("branch"), tag=parameters.get("tag")
        ),
        parameters={name: value for name, value in parameters.items() if name not in _REFS},
    )
    add_pipeline(world, pipeline)
    launch(world, pipeline, project.workflows)
