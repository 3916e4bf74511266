"""The handlers of the fake implement their operations as the document describes them."""

from __future__ import annotations

import pytest

from circleci_v2 import CircleCI
from circleci_v2.events import DeviationEvent, Event
from circleci_v2.testing import FakeCircleCI
from circleci_v2.testing.dispatch import ROUTES
from circleci_v2.testing.specification import Specification
from tests.testing.every_operation import Walk

pytestmark = pytest.mark.anyio


async def test_every_method_is_decoded_without_a_deviation() -> None:
    fake = FakeCircleCI.seeded(pipelines=120, spelling="document", check_requests="strict")
    async with CircleCI(fake.token, transport=fake.transport(), strict=True) as circleci:
        await Walk.through(circleci, fake).everywhere()

    assert fake.journal.validation_errors == []
    called = {(entry.request.method, entry.request.route) for entry in fake.journal}
    assert {(route.method, route.template) for route in ROUTES} - called == set()


async def test_live_responses_deviate_by_their_spelling_and_by_more_fields_only() -> None:
    fake = FakeCircleCI.seeded(pipelines=120, spelling="live")
    deviations: list[DeviationEvent] = []

    def collect(event: Event) -> None:
        if isinstance(event, DeviationEvent):
            deviations.append(event)

    async with CircleCI(fake.token, transport=fake.transport(), on_event=collect) as circleci:
        await Walk.through(circleci, fake).everywhere()

    assert deviations
    unexpected = [
        found for found in deviations if "published as" not in found.problem and found.problem != "unknown field"
    ]
    assert unexpected == []
    assert fake.complaints == []


async def test_every_response_conforms_to_the_document() -> None:
    fake = FakeCircleCI.seeded(pipelines=60, spelling="document")
    async with CircleCI(fake.token, transport=fake.transport()) as circleci:
        await Walk.through(circleci, fake).everywhere()

    deviations = {
        str(entry): found
        for entry in fake.journal
        if (
            found := Specification.published()[entry.request.method, entry.request.route].validate_response(
                entry.response
            )
        )
    }
    assert deviations == {}


async def test_realistic_responses_are_decoded_with_reported_deviations() -> None:
    fake = FakeCircleCI.seeded(pipelines=120, realistic=True)
    reported: list[str] = []
    async with CircleCI(
        fake.token, transport=fake.transport(), on_event=lambda event: reported.append(repr(event))
    ) as circleci:
        await Walk.through(circleci, fake).everywhere()

    assert fake.journal.validation_errors == []
    assert any("DeviationEvent" in event for event in reported)
