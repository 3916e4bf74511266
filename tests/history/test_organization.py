"""The row on `org_history` of the guide: an organization with more projects than CircleCI lists the pipelines of."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from circleci_v2 import CircleCI
from circleci_v2.events import Event, ProjectLimitEvent
from circleci_v2.history import org_history
from circleci_v2.testing import FakeCircleCI
from tests.support.archive import Archive

pytestmark = pytest.mark.anyio


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
