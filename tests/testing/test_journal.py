"""What the journal tells, and how calls are held against the document."""

from __future__ import annotations

import httpx
import pytest

from circleci_v2.testing import FakeCircleCI

PROJECT = "/project/gh/acme/web"


def test_calls_are_found_by_their_route(fake: FakeCircleCI, http: httpx.Client) -> None:
    http.get("/me")
    http.post(f"{PROJECT}/pipeline", json={"branch": "main"})
    http.post(f"{PROJECT}/pipeline", json={"branch": "next"})

    assert len(fake.journal) == 3
    assert str(fake.journal[0]) == "GET /me -> 200"
    assert fake.journal.bodies("POST /project/{project-slug}/pipeline") == [{"branch": "main"}, {"branch": "next"}]
    assert fake.journal.of("GET /project/{project-slug}/pipeline") == []
    fake.journal.clear()
    assert list(fake.journal) == []


@pytest.mark.parametrize(
    ("method", "path", "arguments", "problem"),
    [
        ("GET", PROJECT + "/pipeline", {"params": {"brnach": "main"}}, "query parameter 'brnach' is not described"),
        ("GET", "/workflow/7", {}, "'7' is not a 'uuid'"),
        ("GET", PROJECT + "/job/seven", {}, "path parameter 'job-number'"),
        ("GET", "/deploy/environments", {}, "query parameter 'org-id' is missing"),
        ("GET", "/insights/gh/acme/web/workflows", {"params": {"reporting-window": "ever"}}, "'ever' is not one of"),
        ("GET", "/pipeline", {"params": {"mine": "yes"}}, "'yes' is not of type 'boolean'"),
        ("POST", "/context", {"json": {"name": "x"}}, "'owner' is a required property"),
        ("POST", "/context", {}, "the body is missing"),
        ("POST", "/context", {"content": b"{"}, "the body is not JSON"),
        ("POST", PROJECT + "/checkout-key", {"json": {"type": "master-key"}}, "'master-key' is not one of"),
        ("POST", PROJECT + "/envvar", {"json": {"name": "KEY", "value": 7}}, "at $.value: 7 is not of type 'string'"),
    ],
)
def test_what_the_document_does_not_allow_is_refused_and_named(  # noqa: PLR0917 - cases are tuples
    fake: FakeCircleCI, http: httpx.Client, method: str, path: str, arguments: dict[str, object], problem: str
) -> None:
    response = http.request(method, path, **arguments)
    assert response.status_code == 400
    assert problem in response.json()["message"]
    assert any(problem in complaint for complaint in fake.journal.validation_errors)


def test_policies_say_what_is_wrong_under_their_own_key(fake: FakeCircleCI, http: httpx.Client) -> None:
    response = http.patch("/owner/x/context/config/decision/settings", json={"enabled": "perhaps"})
    assert set(response.json()) == {"error"}


def test_the_check_can_be_turned_off() -> None:
    fake = FakeCircleCI(validate_requests=False)
    fake.add_project("gh/acme/web")
    with httpx.Client(transport=fake.transport(), headers={"Circle-Token": fake.token}) as http:
        response = http.get("https://circleci.com/api/v2/project/gh/acme/web", params={"future": "yes"})
    assert response.status_code == 200


@pytest.mark.parametrize("body", [b"null", b"[]", b'"x"', b"7"])
def test_a_body_of_another_shape_crashes_nothing(http: httpx.Client, body: bytes) -> None:
    assert http.post(f"{PROJECT}/pipeline", content=body).status_code in {201, 400}


def test_a_token_in_the_query_is_taken_as_circleci_takes_it(fake: FakeCircleCI) -> None:
    with httpx.Client(transport=fake.transport()) as http:
        assert http.get("https://circleci.com/api/v2/me", params={"circle-token": fake.token}).status_code == 200
    assert fake.journal.validation_errors == []


def test_a_change_of_a_repository_may_leave_it_out(fake: FakeCircleCI, http: httpx.Client) -> None:
    project_id = fake.state.projects["gh/acme/web"].id
    repository = {"provider": "github_app", "repo": {"external_id": "1"}}
    fields = {"name": "x", "checkout_source": repository, "config_source": {**repository, "file_path": "x.yml"}}
    path = f"/projects/{project_id}/pipeline-definitions"
    created = http.post(path, json=fields).json()
    changed = http.patch(f"{path}/{created['id']}", json={"checkout_source": {"repo": {}}}).json()
    assert changed["checkout_source"] == created["checkout_source"]
