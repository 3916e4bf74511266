"""Environment variables are set and rotated without losing one, and their values appear nowhere."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

import pytest

from circleci_v2 import (
    CircleCI,
    CircleCIError,
    ConfigurationError,
    InvalidSlugError,
    PermissionDeniedError,
    ServerError,
)
from circleci_v2.environment import Rotation, VariableOutcome
from circleci_v2.events import Event
from circleci_v2.testing import FakeCircleCI, FakeResponse

pytestmark = pytest.mark.anyio

OLD, NEW = "old-value-0001", "new-value-4711"
CONTEXT_VARIABLE = "/context/{context_id}/environment-variable/{env_var_name}"
PROJECT_VARIABLES = "/project/{project-slug}/envvar"


class Organization:
    """An organization with the variable in two of three contexts and in three of four projects."""

    def __init__(self) -> None:
        self.fake = FakeCircleCI()
        self.events: list[Event] = []
        self.client = CircleCI(self.fake.token, transport=self.fake.transport(), on_event=self.events.append)

    async def fill(self) -> None:
        for name in ("api", "billing", "docs", "web"):
            self.fake.add_pipeline(f"gh/acme/{name}")
            if name != "docs":
                await self.client.projects.create_environment_variable(f"gh/acme/{name}", name="TOKEN", value=OLD)
        for name in ("production", "staging", "unrelated"):
            owner = {"slug": "gh/acme", "type": "organization"}
            context = await self.client.contexts.create(name=name, owner=owner)
            variable = "OTHER" if name == "unrelated" else "TOKEN"
            await self.client.contexts.set_environment_variable(context.id, variable, value=OLD)
        self.fake.journal.clear()

    def values(self) -> dict[str, str]:
        """The present values, as far as the fake knows them: complete in contexts, masked in projects."""
        (organization,) = self.fake.state.organizations.values()
        found = {context.name: context.values.get("TOKEN", "") for context in organization.contexts.values()}
        for slug, project in self.fake.state.projects.items():
            found[slug] = project.environment_variables.get("TOKEN", {}).get("value", "")
        return {place: value[-4:] for place, value in found.items() if value}

    async def rotate(self, value: str | None = NEW, **options: Any) -> Rotation:
        return await self.client.rotate_environment_variable("TOKEN", value, organization="gh/acme", **options)


@pytest.fixture
async def organization() -> Organization:
    organization = Organization()
    await organization.fill()
    return organization


def actions(rotation: Rotation) -> dict[str, str]:
    return {str(outcome.place): outcome.action for outcome in rotation.outcomes}


EVERYWHERE = ("production", "staging", "gh/acme/api", "gh/acme/billing", "gh/acme/web")
PLACES = [
    "context production",
    "context staging",
    "project gh/acme/api",
    "project gh/acme/billing",
    "project gh/acme/web",
]


async def test_every_place_that_has_the_variable_gets_the_value(organization: Organization):
    reported: list[VariableOutcome] = []
    rotation = await organization.rotate(on_outcome=reported.append)
    assert rotation.is_complete
    assert actions(rotation) == dict.fromkeys(PLACES, "replaced")
    assert organization.values() == dict.fromkeys(EVERYWHERE, "4711")
    assert reported == list(rotation.outcomes)
    assert [entry for entry in organization.fake.journal if entry.request.method == "DELETE"] == []


async def test_a_dry_run_finds_the_places_and_sends_no_value(organization: Organization):
    rotation = await organization.rotate(None, dry_run=True)
    assert actions(rotation) == dict.fromkeys(PLACES, "would replace")
    assert {entry.request.method for entry in organization.fake.journal} == {"GET"}
    assert organization.values() == dict.fromkeys(EVERYWHERE, "0001")
    after = await organization.rotate(previous=rotation)
    assert actions(after) == dict.fromkeys(PLACES, "replaced")


@pytest.mark.parametrize("passes_previous", [True, False])
async def test_a_500_and_a_403_in_the_middle_lose_nothing_and_a_rerun_completes(
    organization: Organization, passes_previous: bool
):
    faults = organization.fake.faults
    faults.fail_next(403, route=f"PUT {CONTEXT_VARIABLE}")
    faults.fail_next(500, route=f"POST {PROJECT_VARIABLES}")
    first = await organization.rotate(concurrency=1)
    assert [(str(outcome.place), type(outcome.error)) for outcome in first.failed] == [
        ("context production", PermissionDeniedError),
        ("project gh/acme/api", ServerError),
    ]
    assert list(actions(first).values()).count("replaced") == 3
    assert organization.values() == dict.fromkeys(EVERYWHERE, "4711") | {"production": "0001", "gh/acme/api": "0001"}
    organization.fake.journal.clear()
    again = await organization.rotate(previous=first if passes_previous else None)
    assert again.is_complete
    assert actions(again) == dict.fromkeys(PLACES, "replaced")
    assert organization.values() == dict.fromkeys(EVERYWHERE, "4711")
    writes = [entry for entry in organization.fake.journal if entry.request.method != "GET"]
    assert len(writes) == (2 if passes_previous else 5)


@pytest.mark.parametrize(
    ("route", "place"),
    [
        ("GET /context", "contexts gh/acme"),
        ("GET /context/{context_id}/environment-variable", "context production"),
        ("GET /project/{project-slug}/envvar/{name}", "project gh/acme/api"),
        ("GET /insights/{org-slug}/summary", "projects gh/acme"),
        ("GET /pipeline", "projects gh/acme"),
    ],
)
async def test_a_place_that_cannot_be_looked_at_is_a_failure(organization: Organization, route: str, place: str):
    organization.fake.faults.fail_next(403, route=route)
    rotation = await organization.rotate(concurrency=1)
    assert [str(outcome.place) for outcome in rotation.failed] == [place]
    assert not rotation.is_complete


async def test_a_project_that_the_token_may_not_see_is_a_failure_and_one_without_the_variable_is_not(
    organization: Organization,
):
    organization.fake.faults.fail_next(
        404, route="GET /project/{project-slug}/envvar/{name}", message="Project not found"
    )
    organization.fake.faults.fail_next(404, route="GET /project/{project-slug}", message="Project not found")
    rotation = await organization.rotate(contexts=False, concurrency=1)
    assert [str(outcome.place) for outcome in rotation.failed] == ["project gh/acme/api"]
    assert len(rotation.outcomes) == 3


async def test_a_list_of_variables_that_is_cut_off_is_a_failure_unless_it_has_the_variable(organization: Organization):
    route = "GET /context/{context_id}/environment-variable"
    item = {"variable": "OTHER", "context_id": str(UUID(int=1)), "created_at": "2026-01-01T00:00:00Z"}
    organization.fake.faults.respond_next(FakeResponse.json({"items": [item], "next_page_token": "more"}), route=route)
    rotation = await organization.rotate(projects=False, concurrency=1)
    (failed,) = rotation.failed
    assert "does not list all variables of context production" in str(failed.error)


async def test_contexts_or_projects_may_be_left_out(organization: Organization):
    assert [*actions(await organization.rotate(contexts=False))] == PLACES[2:]
    assert [*actions(await organization.rotate(projects=False))] == PLACES[:2]


async def test_a_project_without_a_slug_is_a_failure_that_says_how_to_find_it():
    organization = Organization()
    organization.fake.add_project(f"circleci/{UUID(int=1)}/{UUID(int=2)}", name="web")
    rotation = await organization.client.rotate_environment_variable(
        "TOKEN", NEW, organization=f"circleci/{UUID(int=1)}", sources=["insights"]
    )
    (failed,) = rotation.failed
    assert (str(failed.place), "add 'followed'" in str(failed.error)) == ("project web", True)
    assert "owner-id=" in "&".join(
        f"{k}={v}" for e in organization.fake.journal.of("/context") for k, v in e.request.query
    )


async def test_setting_a_variable_says_whether_it_existed(organization: Organization):
    circleci = organization.client
    context = await circleci.contexts.list(owner_slug="gh/acme").first()
    assert context is not None
    for place in (context, context.id, str(context.id), "gh/acme/docs"):
        outcome = await circleci.set_environment_variable(place, f"NEW_{len(str(place))}", NEW)
        assert outcome.action == "created"
        again = await circleci.set_environment_variable(place, f"NEW_{len(str(place))}", NEW)
        assert again.action == "replaced"
        organization.fake.clock.advance(1)
        for one in organization.fake.state.organizations.values():
            one.contexts[str(context.id)].variables.clear()


async def test_a_value_that_was_not_overwritten_is_an_error(organization: Organization):
    kept = FakeResponse.json({"name": "TOKEN", "value": "xxxx0001", "created_at": "2026-01-01T00:00:00Z"}, 201)
    organization.fake.faults.respond_next(kept, route=f"POST {PROJECT_VARIABLES}")
    with pytest.raises(CircleCIError, match="still shows another one") as caught:
        await organization.client.set_environment_variable("gh/acme/web", "TOKEN", NEW)
    assert "4711" not in str(caught.value)


@pytest.mark.parametrize("value", ["a", "ab", "abc", "12345678"])
async def test_short_values_have_shorter_masks(organization: Organization, value: str):
    outcome = await organization.client.set_environment_variable("gh/acme/web", "TOKEN", value)
    assert outcome.action == "replaced"


@pytest.mark.parametrize(
    ("place", "name", "value", "message"),
    [
        ("gh/acme/web", "1TOKEN", NEW, "name='1TOKEN'"),
        ("gh/acme/web", "A-B", NEW, "name='A-B'"),
        ("gh/acme/web", "TOKEN", "", "the value of TOKEN is empty"),
        ("production", "TOKEN", NEW, "'production' is no place"),
        ("gh/acme", "TOKEN", NEW, "has 2 part"),
    ],
)
async def test_an_argument_that_is_not_valid_is_an_error_before_any_request(
    organization: Organization, place: str, name: str, value: str, message: str
):
    with pytest.raises((ConfigurationError, InvalidSlugError), match=message):
        await organization.client.set_environment_variable(place, name, value)
    with pytest.raises((ConfigurationError, InvalidSlugError)):
        await organization.client.rotate_environment_variable("A-B", NEW, organization="gh/acme")
    assert len(organization.fake.journal) == 0


async def test_values_are_in_no_log_event_repr_or_error(organization: Organization, caplog: pytest.LogCaptureFixture):
    echo = FakeResponse.json({"message": f"cannot store {NEW!r}"}, 400)
    organization.fake.faults.respond_next(echo, route=f"POST {PROJECT_VARIABLES}")
    with caplog.at_level(logging.DEBUG, "circleci_v2"):
        rotation = await organization.rotate(concurrency=1)
    (failed,) = rotation.failed
    assert "cannot store" in str(failed.error)
    for text in (repr(rotation), str(failed.error), caplog.text, repr(organization.events)):
        assert NEW not in text
        assert OLD not in text
