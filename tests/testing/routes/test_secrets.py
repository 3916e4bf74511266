"""Contexts and environment variables behave as measured on the live API; for the sources see `tests.testing.live`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from circleci_v2 import BadRequestError, CircleCI, PermissionDeniedError
from circleci_v2.testing import FakeCircleCI
from tests.testing.live import MISSING, client, http_of, project_in

pytestmark = pytest.mark.anyio

VARIABLES = "/project/gh/acme/web/envvar"
RESTRICTION = {"restriction_type": "expression", "restriction_value": "true"}


@pytest.fixture
def fake() -> FakeCircleCI:
    fake = FakeCircleCI(spelling="live")
    project_in(fake)
    return fake


@pytest.fixture
def http(fake: FakeCircleCI) -> Iterator[httpx.Client]:
    with http_of(fake) as http:
        yield http


@pytest.fixture
def context(fake: FakeCircleCI, http: httpx.Client) -> str:
    return create_context(http, project_in(fake).organization.id)


def create_context(http: httpx.Client, owner_id: str) -> str:
    identifier: str = http.post("/context", json={"name": "ours", "owner": {"id": owner_id}}).json()["id"]
    return f"/context/{identifier}"


def restrictions(http: httpx.Client, context: str) -> list[dict[str, Any]]:
    return http.get(f"{context}/restrictions").json()["items"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("DELETE", "", None),
        ("GET", "/environment-variable", None),
        ("PUT", "/environment-variable/KEY", {"value": "x"}),
        ("DELETE", "/environment-variable/KEY", None),
        ("GET", "/restrictions", None),
        ("POST", "/restrictions", RESTRICTION),
        ("DELETE", f"/restrictions/{MISSING}", None),
    ],
)
def test_a_missing_context_is_answered_with_403(http: httpx.Client, method: str, path: str, body: Any) -> None:
    # context.go: 403, never 404, for a context that is missing, foreign or forbidden, on every route.
    assert http.request(method, f"/context/{MISSING}{path}", json=body).status_code == 403


async def test_a_missing_context_is_asked_for_once(fake: FakeCircleCI) -> None:
    async with client(fake) as circleci:
        with pytest.raises(PermissionDeniedError):
            await circleci.contexts.get(MISSING)
    assert len(fake.journal) == 1


def test_the_101st_variable_of_a_context_is_refused_and_existing_ones_can_be_set(
    http: httpx.Client, context: str
) -> None:
    # environment_variable.go
    for number in range(100):
        assert http.put(f"{context}/environment-variable/KEY_{number}", json={"value": "x"}).status_code == 200
    further = http.put(f"{context}/environment-variable/KEY_100", json={"value": "x"})
    assert further.status_code == 400
    assert further.json() == {"message": "Cannot create more than 100 environment variables per context"}
    assert http.put(f"{context}/environment-variable/KEY_99", json={"value": "y"}).status_code == 200


async def test_the_101st_variable_of_a_context_is_sent_once(fake: FakeCircleCI, context: str) -> None:
    identifier = context.removeprefix("/context/")
    async with client(fake) as circleci:
        for number in range(100):
            await circleci.contexts.set_environment_variable(identifier, f"KEY_{number}", value="x")
        fake.journal.clear()
        with pytest.raises(BadRequestError, match="more than 100 environment variables"):
            await circleci.contexts.set_environment_variable(identifier, "KEY_100", value="x")
    assert len(fake.journal) == 1


def test_the_variables_of_a_context_come_on_one_page_of_100_sorted_by_name(http: httpx.Client, context: str) -> None:
    # environment_variable.go: 100 a page; at exactly 100, there is no next page.
    names = [f"KEY_{number:03}" for number in reversed(range(100))]
    for name in names:
        http.put(f"{context}/environment-variable/{name}", json={"value": "x"})
    page = http.get(f"{context}/environment-variable").json()
    assert [variable["variable"] for variable in page["items"]] == sorted(names)
    assert page["next_page_token"] is None


@pytest.mark.parametrize("key", ["val", "Value", "values"])
def test_a_context_variable_is_stored_empty_under_any_other_key(key: str) -> None:
    # environment_variable.go: {"val": "x"} and {"Value": "x"} are answered with 200, and the stored value is empty.
    fake = FakeCircleCI(check_requests="off")
    organization = project_in(fake).organization
    with http_of(fake) as http:
        context = create_context(http, organization.id)
        assert http.put(f"{context}/environment-variable/KEY", json={key: "x"}).status_code == 200
    assert next(iter(organization.contexts.values())).values == {"KEY": ""}


def test_a_context_variable_without_any_key_is_refused() -> None:
    fake = FakeCircleCI(check_requests="off")
    organization = project_in(fake).organization
    with http_of(fake) as http:
        context = create_context(http, organization.id)
        refused = http.put(f"{context}/environment-variable/KEY", json={})
    assert (refused.status_code, refused.json()) == (400, {"message": "Invalid body."})
    assert next(iter(organization.contexts.values())).values == {}


def test_a_new_context_is_restricted_to_all_members(fake: FakeCircleCI, http: httpx.Client, context: str) -> None:
    # context_restriction.go: a group whose id is that of the organization; it can be deleted and does not come back.
    organization = project_in(fake).organization
    (restriction,) = restrictions(http, context)
    assert restriction["restriction_type"] == "group"
    assert restriction["name"] == "All members"
    assert restriction["restriction_value"] == organization.id

    assert http.delete(f"{context}/restrictions/{restriction['id']}").status_code == 200
    assert restrictions(http, context) == []


def test_the_restriction_to_all_members_can_be_added_again_and_repeatedly(
    fake: FakeCircleCI, http: httpx.Client, context: str
) -> None:
    # context_restriction.go: 201 with the organization's id as id, also if the restriction exists.
    organization = project_in(fake).organization
    http.delete(f"{context}/restrictions/{restrictions(http, context)[0]['id']}")
    body = {"restriction_type": "group", "restriction_value": organization.id}
    for _ in range(2):
        added = http.post(f"{context}/restrictions", json=body)
        assert (added.status_code, added.json()["id"]) == (201, organization.id)
        assert [found["name"] for found in restrictions(http, context)] == ["All members"]


def test_a_context_cannot_be_restricted_to_another_group(http: httpx.Client, context: str) -> None:
    # context_restriction.go
    refused = http.post(f"{context}/restrictions", json={"restriction_type": "group", "restriction_value": MISSING})
    assert (refused.status_code, refused.json()) == (400, {"message": "Invalid restriction."})


def test_a_context_of_a_standalone_organization_cannot_be_restricted_to_groups() -> None:
    # context_restriction.go
    fake = FakeCircleCI()
    organization = project_in(fake, "circleci/acme/web").organization
    with http_of(fake) as http:
        context = create_context(http, organization.id)
        body = {"restriction_type": "group", "restriction_value": organization.id}
        refused = http.post(f"{context}/restrictions", json=body)
    assert (refused.status_code, refused.json()) == (400, {"message": "This is only supported for OAuth orgs."})


def test_creating_a_project_variable_that_exists_overwrites_it(http: httpx.Client) -> None:
    # CircleCI's CLI says so in the help of `circleci env set`: "If the variable already exists it will be overwritten".
    assert http.post(VARIABLES, json={"name": "KEY", "value": "the old value"}).status_code == 201
    assert http.post(VARIABLES, json={"name": "KEY", "value": "another text"}).status_code == 201
    assert [variable["value"] for variable in http.get(VARIABLES).json()["items"]] == ["xxxxtext"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("", ""),
        ("a", ""),
        ("ab", "b"),
        ("abcd", "cd"),
        ("abcdefg", "efg"),
        ("abcdefgh", "efgh"),
        ("abcdefghij", "ghij"),
    ],
)
def test_a_project_variable_shows_at_most_half_of_its_value(http: httpx.Client, value: str, shown: str) -> None:
    # environment_variable.go: xxxx and the last characters, at most four and at most half of them; in the response to POST too.
    created = http.post(VARIABLES, json={"name": "KEY", "value": value})
    assert created.json()["value"] == http.get(f"{VARIABLES}/KEY").json()["value"] == f"xxxx{shown}"


@pytest.mark.anyio
async def test_contexts_are_listed_by_a_part_of_their_name():
    fake = FakeCircleCI()
    organization = fake.add_project("gh/acme/web").organization
    for name in ("Production", "production-eu", "staging"):
        organization.add_context(str(uuid4()), name, created_at=0.0)
    async with CircleCI(fake.token, transport=fake.transport()) as circleci:
        found = await circleci.contexts.list(owner_slug="gh/acme", name="PROD").collect()
    assert [context.name for context in found] == ["Production", "production-eu"]
    assert fake.journal.validation_errors == []


def test_contexts_are_listed_by_name_and_selected_by_a_part_of_it(fake: FakeCircleCI, http: httpx.Client) -> None:
    # context.go: sorted by lower-cased name; CircleCI's CLI selects with `name`, a case-insensitive substring.
    organization = project_in(fake).organization
    for name in ("zeta", "Alpha", "beta-Alphabet"):
        http.post("/context", json={"name": name, "owner": {"id": organization.id, "type": "organization"}})

    def names(**params: str) -> list[str]:
        listed = http.get("/context", params={"owner-id": organization.id, **params}).json()["items"]
        return [context["name"] for context in listed]

    assert names() == ["Alpha", "beta-Alphabet", "zeta"]
    assert names(name="alpha") == ["Alpha", "beta-Alphabet"]
    assert names(name="nothing") == []


def test_a_context_is_shown_with_its_variables_and_restrictions(http: httpx.Client, context: str) -> None:
    # context.go: GET of one context adds org_id, environment_variables (without context_id) and restrictions.
    assert "truncated_value" not in http.put(f"{context}/environment-variable/KEY", json={"value": "secret"}).json()
    shown = http.get(context).json()
    (variable,) = shown["environment_variables"]
    assert set(variable) == {"variable", "created_at", "updated_at", "truncated_value"}
    assert variable["truncated_value"] == "ret"
    assert [restriction["name"] for restriction in shown["restrictions"]] == ["All members"]
    assert shown["restrictions"][0]["restriction_value"] == shown["org_id"]


def test_a_standalone_project_has_no_checkout_keys() -> None:
    # checkout_key.go: POST 400, GET 200 and empty.
    fake = FakeCircleCI()
    path = f"/project/{project_in(fake, 'circleci/acme/web').slug}/checkout-key"
    with http_of(fake) as http:
        refused = http.post(path, json={"type": "deploy-key"})
        assert (refused.status_code, refused.json()) == (
            400,
            {"message": "This API is not supported for this project."},
        )
        assert http.get(path).json()["items"] == []
