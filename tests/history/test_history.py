from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circleci_v2 import CircleCI
from circleci_v2.errors import (
    APIConnectionError,
    AuthenticationError,
    ConfigurationError,
    InvalidSlugError,
    NotFoundError,
    ServerError,
)
from circleci_v2.events import Event, ProjectLimitEvent
from circleci_v2.history import history, org_history
from circleci_v2.testing import FakeCircleCI
from tests.history.helpers import SLUG, crawl, keep, numbers_of
from tests.support.archive import EPOCH, Archive, identifier
from tests.support.scripted import refusal

pytestmark = pytest.mark.anyio

NO_MOMENT = EPOCH.replace(tzinfo=None)


async def test_every_pipeline_comes_with_its_workflows_and_jobs_newest_first():
    archive = Archive(10)
    records = await crawl(archive)
    assert numbers_of(records) == list(range(10, 0, -1))
    assert [record.to_dict() | {"cursor": None} for record in records] == [
        {
            "pipeline": archive.pipeline(number),
            "workflows": [
                {
                    "workflow": archive.workflow(number, index),
                    "jobs": [
                        {"job": archive.job(number, index, place), "details": None, "tests": None, "artifacts": None}
                        for place in range(3)
                    ],
                }
                for index in range(2)
            ],
            "failures": [],
            "cursor": None,
        }
        for number in range(10, 0, -1)
    ]


async def test_each_call_is_made_once():
    archive = Archive(10)
    await crawl(archive)
    assert len(archive.calls) == 3 + 10 + 20
    assert archive.calls.count(f"/project/{SLUG}/pipeline") == 3
    assert len(set(archive.calls)) == 1 + 10 + 20


async def test_jobs_can_be_left_out():
    archive = Archive(5)
    records = await crawl(archive, include=())
    assert [[workflow.jobs for workflow in record.workflows] for record in records] == [[None, None]] * 5
    assert not any(path.endswith("/job") for path in archive.calls)


async def test_tests_artifacts_and_details_come_on_request_but_not_of_approvals():
    (record,) = await crawl(Archive(1, workflows=1), include=("tests", "artifacts", "details"))
    first, _, approval = record.workflows[0].jobs
    assert [test.name for test in first.tests] == ["test of 100"]
    assert [artifact.path for artifact in first.artifacts] == ["100.log"]
    assert first.details.duration == 1000
    assert (approval.tests, approval.artifacts, approval.details) == (None, None, None)
    assert record.failures == ()


@pytest.mark.parametrize("concurrency", [1, 3, 50])
async def test_no_more_calls_run_at_a_time_than_allowed(concurrency):
    archive = Archive(30)
    await crawl(archive, concurrency=concurrency, include=("tests",))
    # The next page is requested besides.
    assert archive.most_running <= concurrency + 1


async def test_pages_are_not_read_beyond_since():
    archive = Archive(100)
    records = await crawl(archive, since=archive.created_at(90))
    assert numbers_of(records) == list(range(100, 89, -1))
    assert archive.calls.count(f"/project/{SLUG}/pipeline") <= 4


@given(st.integers(0, 25), st.integers(0, 25))
async def test_the_date_range_includes_since_and_excludes_until(since, until):
    archive = Archive(20, workflows=0)
    records = await crawl(archive, since=EPOCH + timedelta(minutes=since), until=EPOCH + timedelta(minutes=until))
    assert numbers_of(records) == [number for number in range(20, 0, -1) if since <= number < until]


async def test_records_stream_while_the_crawl_continues():
    archive = Archive(400)
    async with history(archive, SLUG, concurrency=5) as records:
        assert (await anext(records)).pipeline.number == 400
        await anyio.wait_all_tasks_blocked()
        assert len(archive.calls) < 200
    assert archive.running == 0


async def test_leaving_the_loop_stops_the_crawl():
    archive = Archive(400)
    async for _ in history(archive, SLUG, concurrency=5):
        break
    await anyio.wait_all_tasks_blocked()
    assert archive.running == 0
    assert len(archive.calls) < 200


async def test_a_part_that_circleci_rejects_is_a_failure_of_the_record():
    archive = Archive(3)
    expired = f"/workflow/{identifier('workflow', 2, 0)}/job"
    archive.fail = lambda path: refusal(404) if path == expired else None
    records = await crawl(archive)
    assert numbers_of(records) == [3, 2, 1]
    (failure,) = records[1].failures
    assert (failure.part, str(failure.of)) == ("jobs", identifier("workflow", 2, 0))
    assert isinstance(failure.error, NotFoundError)
    assert records[1].workflows[0].jobs is None
    assert len(records[1].workflows[1].jobs) == 3
    assert records[1].to_dict()["failures"][0]["part"] == "jobs"


async def test_a_pipeline_whose_workflows_are_rejected_is_still_a_record():
    archive = Archive(3)
    archive.fail = lambda path: refusal(404) if path.endswith("/workflow") else None
    records = await crawl(archive)
    assert [(record.workflows, record.failures[0].part) for record in records] == [([], "workflows")] * 3


async def test_an_expired_workflow_without_an_id_has_no_jobs_and_is_not_a_failure(monkeypatch):
    archive = Archive(1, workflows=1)
    monkeypatch.setattr(archive, "workflow", lambda *place: Archive.workflow(archive, *place) | {"id": None})
    (record,) = await crawl(archive)
    assert record.workflows[0].workflow.id is None
    assert record.workflows[0].jobs is None
    assert record.failures == ()


@pytest.mark.parametrize(
    "failure", [refusal(503), refusal(401), APIConnectionError("lost", method="GET", url="https://circleci.com")]
)
async def test_an_outage_is_raised_after_the_records_before_it(failure):
    archive = Archive(30)
    broken = f"/pipeline/{identifier('pipeline', 20)}/workflow"
    archive.fail = lambda path: failure if path == broken else None
    seen = []
    with pytest.raises((ServerError, AuthenticationError, APIConnectionError)):
        await keep(seen, history(archive, SLUG))
    assert numbers_of(seen) == list(range(30, 20, -1))
    archive.fail = lambda path: None
    assert numbers_of(await crawl(archive, cursor=seen[-1].cursor)) == list(range(20, 0, -1))


async def test_an_outage_at_a_job_is_raised_as_it_is_and_ends_its_siblings():
    archive = Archive(1)
    failure = refusal(503)
    archive.fail = lambda path: failure if path.endswith("/job") else None
    with pytest.raises(ServerError) as caught:
        await crawl(archive)
    assert caught.value is failure
    assert archive.running == 0


@pytest.mark.parametrize(
    "path", [f"/pipeline/{identifier('pipeline', 3)}/workflow", f"/workflow/{identifier('workflow', 3, 0)}/job"]
)
def test_a_call_that_is_cancelled_from_outside_does_not_end_the_history_silently(path):
    archive = Archive(5)
    archive.fail = lambda asked: asyncio.CancelledError() if asked == path else None
    kept = []
    with pytest.raises(RuntimeError, match="cancelled from outside"):
        asyncio.run(keep(kept, history(archive, SLUG)))
    assert numbers_of(kept) == [5, 4]


async def test_the_tolerated_errors_can_be_chosen():
    archive = Archive(3)
    archive.fail = lambda path: refusal(503) if path.endswith("/job") else None
    records = await crawl(archive, tolerate=lambda error: isinstance(error, ServerError))
    assert [len(record.failures) for record in records] == [2, 2, 2]


async def test_a_list_that_breaks_off_is_raised_after_the_records_before_it():
    archive = Archive(12)
    asked = []

    def fail(path):
        if path == f"/project/{SLUG}/pipeline":
            asked.append(path)
            return refusal(404) if len(asked) == 3 else None
        return None

    archive.fail = fail
    seen = []
    with pytest.raises(NotFoundError) as caught:
        await keep(seen, history(archive, SLUG))
    assert numbers_of(seen) == list(range(12, 4, -1))
    assert caught.value.items_seen == 8
    assert caught.value.next_page_token


async def test_pipelines_without_a_creation_time_are_in_every_date_range():
    archive = Archive(9, workflows=0)
    archive.undated = {8, 5, 2}
    since, until = archive.created_at(4), archive.created_at(7)
    assert numbers_of(await crawl(archive, since=since, until=until)) == [8, 6, 5, 4, 2]


async def test_pipelines_that_appear_during_the_crawl_do_not_repeat_those_they_shift():
    archive = Archive(30, workflows=0, by_position=True)
    seen = []
    async for record in history(archive, SLUG, concurrency=1):
        seen.append(record)
        if len(seen) in {3, 9, 14}:
            archive.numbers.append(archive.numbers[-1] + 1)
    assert numbers_of(seen) == list(range(30, 0, -1))


async def test_an_organization_has_a_history_too():
    archive = Archive(9)
    records = [record async for record in org_history(archive, "gh/acme")]
    assert numbers_of(records) == list(range(9, 0, -1))
    assert archive.calls[0] == "/pipeline"
    rest = [record async for record in org_history(archive, "github/acme", cursor=records[4].cursor)]
    assert numbers_of(rest) == [4, 3, 2, 1]


@pytest.mark.parametrize(
    "options",
    [{"concurrency": 0}, {"include": ["job"]}, {"since": NO_MOMENT}, {"until": NO_MOMENT}],
)
async def test_invalid_arguments_are_rejected_before_anything_is_sent(options):
    archive = Archive(3)
    with pytest.raises(ConfigurationError, match=next(iter(options))):
        history(archive, SLUG, **options)
    with pytest.raises(InvalidSlugError):
        history(archive, "acme")
    assert archive.calls == []


class Texts:
    """Replaces the `created_at` of pipelines, by their number, and of all workflows and jobs."""

    def __init__(self, archive, monkeypatch, pipelines, rest="soon"):
        pipeline, workflow, job = archive.pipeline, archive.workflow, archive.job
        times = {"created_at": rest, "started_at": rest, "stopped_at": rest}
        monkeypatch.setattr(
            archive, "pipeline", lambda n: pipeline(n) | ({"created_at": pipelines[n]} if n in pipelines else {})
        )
        monkeypatch.setattr(archive, "workflow", lambda *place: workflow(*place) | times)
        monkeypatch.setattr(archive, "job", lambda *place: job(*place) | times)


NO_TIMES = ["soon", 7, "2026-13-01T00:00:00Z", "", 1.5, True, [], {"seconds": 7}]


@pytest.mark.parametrize("text", NO_TIMES, ids=str)
async def test_a_creation_time_that_is_no_time_is_kept_and_counts_as_missing(monkeypatch, text):
    archive = Archive(9, jobs=1)
    Texts(archive, monkeypatch, {9: text, 8: text, 5: text, 2: text}, rest=text)
    since, until = archive.created_at(4), archive.created_at(7)
    records = await crawl(archive, since=since, until=until)
    assert numbers_of(records) == [9, 8, 6, 5, 4, 2]
    (row, *_) = records[0].to_records("jobs")
    assert [row[name] for name in ("pipeline_created_at", "workflow_created_at", "job_started_at")] == [text] * 3
    assert (row["workflow_seconds"], row["job_seconds"]) == (None, None)
    assert json.loads(json.dumps(row)) == row
    assert records[0].to_dict()["pipeline"]["created_at"] == text
    assert json.loads(json.dumps(records[0].to_dict())) == records[0].to_dict()


@pytest.mark.parametrize("text", NO_TIMES, ids=str)
async def test_a_crawl_is_resumed_after_a_pipeline_whose_creation_time_is_no_time(monkeypatch, text):
    archive = Archive(9, workflows=0)
    Texts(archive, monkeypatch, {9: text, 6: text, 5: text})
    records = await crawl(archive)
    assert numbers_of(records) == list(range(9, 0, -1))
    for position, record in enumerate(records):
        rest = await crawl(archive, cursor=record.cursor)
        assert numbers_of(rest) == numbers_of(records)[position + 1 :]


@pytest.mark.parametrize("moment", ["2026-11-20", "2026-11-20T00:00:00Z", date(2026, 11, 20), 1_780_000_000, b"now"])
@pytest.mark.parametrize("name", ["since", "until"])
async def test_a_date_range_that_is_no_datetime_is_rejected_with_one_that_is_accepted(name, moment):
    archive = Archive(3)
    with pytest.raises(ConfigurationError, match=re.escape(f"{name}={moment!r}")) as caught:
        history(archive, SLUG, **{name: moment})
    assert "datetime(2026, 1, 31, tzinfo=timezone.utc)" in str(caught.value)
    with pytest.raises(ConfigurationError, match=re.escape(f"{name}={moment!r}")):
        org_history(archive, "gh/acme", **{name: moment})
    assert archive.calls == []


class Organization:
    """A fake organization whose projects are built one per minute, and a client that collects events."""

    def __init__(self) -> None:
        self.fake = FakeCircleCI()
        self.events: list[Event] = []
        self.client = CircleCI(self.fake.token, transport=self.fake.transport(), on_event=self.events.append)

    def build(self, *projects: int) -> datetime:
        """Add a pipeline to each of the projects, and return a time between the one before and the first of them."""
        # The fake adds pipelines that ended a minute ago.
        start = self.fake.clock.moment() - timedelta(seconds=90)
        for number in projects:
            self.fake.add_pipeline(f"gh/acme/project-{number}", status="errored")
            self.fake.clock.advance(60)
        return start

    def limit_events(self) -> list[ProjectLimitEvent]:
        return [event for event in self.events if isinstance(event, ProjectLimitEvent)]


@pytest.fixture
async def organization() -> AsyncIterator[Organization]:
    organization = Organization()
    async with organization.client:
        yield organization


async def test_projects_beyond_the_250_built_last_are_missing_and_the_stream_says_so(
    organization: Organization, caplog: pytest.LogCaptureFixture
) -> None:
    organization.build(*range(260))
    history = organization.client.org_history("gh/acme", include=())
    assert not history.project_limit_reached
    with caplog.at_level(logging.WARNING, "circleci_v2.history"):
        async with history as records:
            slugs = {record.pipeline.project_slug async for record in records}
    assert slugs == {f"gh/acme/project-{number}" for number in range(10, 260)}
    assert history.project_limit_reached
    (event,) = organization.limit_events()
    assert (event.operation_id, event.org_slug, event.projects) == ("listPipelines", "gh/acme", 250)
    assert [record.getMessage() for record in caplog.records] == [
        "CircleCI lists the pipelines of 250 projects of gh/acme at most: those of other projects may be missing."
    ]


async def test_fewer_projects_are_all_there_however_often_they_were_built(
    organization: Organization, caplog: pytest.LogCaptureFixture
) -> None:
    organization.build(*range(249), *range(40))
    history = organization.client.org_history("gh/acme", include=())
    with caplog.at_level(logging.WARNING, "circleci_v2.history"):
        assert len([record async for record in history]) == 289
    assert not history.project_limit_reached
    assert organization.limit_events() == []
    assert caplog.records == []


async def test_nothing_is_missing_while_fewer_projects_were_built_since(organization: Organization) -> None:
    organization.build(*range(200))
    since = organization.build(*range(200, 260))
    history = organization.client.org_history("gh/acme", include=(), since=since)
    assert len([record async for record in history]) == 60
    assert not history.project_limit_reached


async def test_projects_built_later_than_the_date_range_count_too(organization: Organization) -> None:
    organization.build(*range(20))
    until = organization.build(*range(20, 260))
    history = organization.client.org_history("gh/acme", include=(), until=until)
    # Ten projects were built before `until`, and are hidden behind those built after it.
    assert len([record async for record in history]) == 10
    assert history.project_limit_reached


async def test_each_iteration_reports_the_limit_once(organization: Organization) -> None:
    organization.build(*range(250), *range(30))
    history = organization.client.org_history("gh/acme", include=())
    for iterations in (1, 2):
        assert len([record async for record in history]) == 280
        assert len(organization.limit_events()) == iterations


async def test_leaving_before_the_limit_reports_nothing(organization: Organization) -> None:
    organization.build(*range(260))
    history = organization.client.org_history("gh/acme", include=(), concurrency=1)
    async with history as records:
        await anext(records)
    assert not history.project_limit_reached
    assert organization.limit_events() == []


async def test_a_client_without_events_has_the_attribute() -> None:
    history = org_history(Archive(9), "gh/acme")
    assert len([record async for record in history]) == 9
    assert not history.project_limit_reached
