"""Schedules: compute run times from timetables, and start the pipelines that are due."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from circleci_v2.testing.state import FakeState
from circleci_v2.testing.state.execution import register_pipeline, start_workflows
from circleci_v2.testing.state.projects import FakeCommit, FakePipeline, FakeProject
from circleci_v2.testing.state.resources import FakeSchedule, hexadecimal

__all__ = ["run_schedules", "run_times", "timetable_error"]

_DAYS: Final = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_HOURS_PER_DAY: Final = 24
_RANGES: Final[Mapping[str, tuple[int, int]]] = {"hours-of-day": (0, _HOURS_PER_DAY), "days-of-month": (1, 31)}
_SECONDS_PER_HOUR: Final = 3600.0


def timetable_error(timetable: Mapping[str, Any]) -> str | None:
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
    on_weekday = _DAYS[day.weekday()] in (timetable.get("days-of-week") or ())
    return _MONTHS[day.month - 1] in months and (on_weekday or day.day in (timetable.get("days-of-month") or ()))


_REFS = ("branch", "tag")


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
