"""Schedules start pipelines as the clock advances."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from circleci_v2 import CircleCI
from circleci_v2.testing import EPOCH, FakeCircleCI
from circleci_v2.testing.routes.triggers import run_times

PROJECT = "gh/acme/web"
HOUR = 3600.0
DAY = 24 * HOUR
WEDNESDAYS = {"per-hour": 2, "hours-of-day": [16, 18], "days-of-week": ["WED"]}


@pytest.fixture
def fake() -> FakeCircleCI:
    made = FakeCircleCI(spelling="live")
    made.add_project(PROJECT)
    return made


def schedule(fake: FakeCircleCI, timetable: Any = WEDNESDAYS, **fields: Any) -> httpx.Response:
    body = {
        "name": "nightly",
        "attribution-actor": "system",
        "parameters": {"branch": "main", "deploy": True},
        "timetable": timetable,
        **fields,
    }
    return request(fake, "POST", f"/project/{PROJECT}/schedule", body)


def request(fake: FakeCircleCI, method: str, path: str, body: Any = None) -> httpx.Response:
    with httpx.Client(transport=fake.transport(), headers={"Circle-Token": fake.token}) as http:
        return http.request(method, f"https://circleci.com/api/v2{path}", json=body)


def started(fake: FakeCircleCI) -> list[str]:
    items = request(fake, "GET", f"/project/{PROJECT}/pipeline").json()["items"]
    return [item["created_at"][:16] for item in reversed(items)]


@pytest.mark.anyio
@pytest.mark.parametrize("days", [{"days_of_week": ["MON"]}, {"days_of_month": [1]}, {"days-of-week": ["MON"]}])
async def test_a_timetable_may_have_the_names_of_the_fields(fake: FakeCircleCI, days: dict[str, Any]) -> None:
    timetable = {"per_hour": 1, "hours_of_day": [3], **days}
    async with CircleCI(fake.token, transport=fake.transport()) as circleci:
        attributes: dict[str, Any] = {"attribution_actor": "system", "parameters": {"branch": "main"}}
        created = await circleci.schedules.create(PROJECT, name="nightly", timetable=timetable, **attributes)
        await circleci.schedules.update(created.id, timetable=timetable | {"per_hour": 2})
        changed = await circleci.schedules.get(created.id)
    sent = fake.journal.bodies("POST /project/{project-slug}/schedule")[0]["timetable"]
    assert sent == {key.replace("_", "-"): value for key, value in timetable.items()}
    assert changed.timetable.per_hour == 2


@pytest.mark.anyio
async def test_a_schedule_starts_its_pipelines_when_their_time_comes(fake: FakeCircleCI) -> None:
    created = schedule(fake).json()
    await fake.advance(DAY)

    assert started(fake) == ["2026-03-04T16:00", "2026-03-04T16:30", "2026-03-04T18:00", "2026-03-04T18:30"]
    async with CircleCI(fake.token, transport=fake.transport(), strict=True) as circleci:
        newest = (await circleci.pipelines.list_for_project(PROJECT)).items[0]
        workflows = await circleci.pipelines.list_workflows(newest.id).collect()
        values = await circleci.pipelines.get_values(newest.id)
    assert newest.trigger.type == "scheduled_pipeline"
    assert newest.trigger.actor.login == created["actor"]["login"]
    assert newest.vcs is not None
    assert newest.vcs.branch == "main"
    assert values["pipeline.parameters.deploy"] is True
    assert "pipeline.parameters.branch" not in values
    assert [workflow.status for workflow in workflows] == ["success"]


def test_the_clock_alone_is_enough(fake: FakeCircleCI) -> None:
    schedule(fake)
    fake.clock.advance(DAY)
    assert len(started(fake)) == len(started(fake)) == 4


def test_pipelines_are_numbered_as_they_start_whoever_starts_them(fake: FakeCircleCI) -> None:
    schedule(fake)
    schedule(fake, {**WEDNESDAYS, "hours-of-day": [17]})
    fake.clock.advance(1.5 * HOUR)
    assert request(fake, "POST", f"/project/{PROJECT}/pipeline", {}).json()["number"] == 3
    fake.clock.advance(DAY)
    moments_seen = started(fake)
    assert moments_seen == sorted(moments_seen)
    assert len(moments_seen) == 7


def test_a_schedule_starts_nothing_before_it_was_made_and_nothing_after_it_is_gone(fake: FakeCircleCI) -> None:
    fake.clock.advance(1.25 * HOUR)  # 16:15
    identifier = schedule(fake).json()["id"]
    fake.clock.advance(2 * HOUR)  # 18:15
    request(fake, "DELETE", f"/schedule/{identifier}")
    fake.clock.advance(7 * DAY)
    assert started(fake) == ["2026-03-04T16:30", "2026-03-04T18:00"]


def test_a_changed_timetable_holds_from_then_on(fake: FakeCircleCI) -> None:
    identifier = schedule(fake).json()["id"]
    fake.clock.advance(2 * HOUR)  # 17:00
    response = request(fake, "PATCH", f"/schedule/{identifier}", {"timetable": {"days-of-month": [5], "per-hour": 1}})
    assert response.json()["timetable"] == {"per_hour": 1, "hours_of_day": [16, 18], "days_of_month": [5]}
    fake.clock.advance(2 * DAY)
    assert started(fake) == ["2026-03-04T16:00", "2026-03-04T16:30", "2026-03-05T16:00", "2026-03-05T18:00"]


def test_a_tag_is_built_when_the_schedule_names_one(fake: FakeCircleCI) -> None:
    schedule(fake, parameters={"tag": "v1"})
    fake.clock.advance(HOUR)
    (item,) = request(fake, "GET", f"/project/{PROJECT}/pipeline").json()["items"]
    assert (item["vcs"]["tag"], item["vcs"].get("branch")) == ("v1", None)


@pytest.mark.parametrize(
    ("timetable", "problem"),
    [
        ({**WEDNESDAYS, "days-of-month": [1]}, "not both"),
        ({**WEDNESDAYS, "days-of-week": []}, "days-of-week or days-of-month"),
        ({**WEDNESDAYS, "per-hour": 0}, "per-hour is 0"),
        ({**WEDNESDAYS, "per-hour": 61}, "per-hour is 61"),
        ({**WEDNESDAYS, "hours-of-day": [25]}, "hours-of-day contains 25"),
        ({**WEDNESDAYS, "hours-of-day": []}, "hours-of-day is empty"),
        ({"per-hour": 1, "hours-of-day": [1], "days-of-month": [0]}, "days-of-month contains 0"),
    ],
)
def test_an_invalid_timetable_is_rejected(fake: FakeCircleCI, timetable: Any, problem: str) -> None:
    response = schedule(fake, timetable)
    assert response.status_code == 400
    assert problem in response.json()["message"]


@pytest.mark.parametrize("parameters", [{}, {"branch": "main", "tag": "v1"}])
def test_a_schedule_builds_a_branch_or_a_tag(fake: FakeCircleCI, parameters: Any) -> None:
    response = schedule(fake, parameters=parameters)
    assert response.status_code == 400
    assert "a branch or a tag" in response.json()["message"]


def test_a_rejected_change_has_no_effect(fake: FakeCircleCI) -> None:
    created = schedule(fake).json()
    change = {"name": "renamed", "timetable": {"per-hour": 0}}
    assert request(fake, "PATCH", f"/schedule/{created['id']}", change).status_code == 400
    assert request(fake, "GET", f"/schedule/{created['id']}").json() == created


TIMETABLES = st.fixed_dictionaries(
    {
        "per-hour": st.integers(1, 60),
        "hours-of-day": st.lists(st.integers(0, 24), min_size=1, max_size=4),
    },
    optional={"months": st.lists(st.sampled_from(["JAN", "MAR", "APR"]), min_size=1)},
).flatmap(
    lambda timetable: st.one_of(
        st.lists(st.sampled_from(["MON", "WED", "SUN"]), min_size=1).map(lambda on: {**timetable, "days-of-week": on}),
        st.lists(st.integers(1, 31), min_size=1).map(lambda on: {**timetable, "days-of-month": on}),
    )
)


@given(TIMETABLES, st.lists(st.floats(0, 40 * DAY), max_size=3))
@example({"per-hour": 2, "hours-of-day": [0, 24], "days-of-month": [1, 2]}, [])
def test_run_times_do_not_depend_on_how_time_is_divided(timetable: Any, looks: list[float]) -> None:
    start = EPOCH.timestamp()
    edges = [start, *sorted(start + seconds for seconds in looks), start + 40 * DAY]
    in_parts = [moment for after, until in pairwise(edges) for moment in run_times(timetable, after, until)]
    assert in_parts == list(run_times(timetable, edges[0], edges[-1]))
    assert in_parts == sorted(set(in_parts))


@given(TIMETABLES)
def test_each_run_time_is_in_the_timetable(timetable: Any) -> None:
    for moment in run_times(timetable, EPOCH.timestamp(), EPOCH.timestamp() + 40 * DAY):
        at = datetime.fromtimestamp(moment, tz=UTC)
        candidates = [(at, at.hour), (at - timedelta(days=1), at.hour + 24)]
        assert any(
            hour in timetable["hours-of-day"]
            and day.strftime("%b").upper() in timetable.get("months", [day.strftime("%b").upper()])
            and (
                day.strftime("%a").upper() in timetable.get("days-of-week", ())
                or day.day in timetable.get("days-of-month", ())
            )
            for day, hour in candidates
        )
