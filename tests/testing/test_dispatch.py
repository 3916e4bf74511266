"""Requests without the token, and those that the document does not allow, are rejected."""

from __future__ import annotations

from base64 import b64encode

import httpx
import pytest

from circleci_v2.errors import ConfigurationError
from circleci_v2.testing import FakeCircleCI
from circleci_v2.testing.dispatch import RequestChecks
from tests.testing.live import http_of

URL = "https://circleci.com/api/v2/me"
PROJECT = "/project/gh/acme/web"


def ask(fake: FakeCircleCI, headers: dict[str, str]) -> httpx.Response:
    with httpx.Client(transport=fake.transport()) as client:
        return client.get(URL, headers=headers)


def basic(user: str, password: str = "") -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"Circle-Token": "fake-token"},
        {"Authorization": "Bearer fake-token"},
        {"Authorization": "bearer fake-token"},
        {"Authorization": basic("fake-token")},
    ],
)
def test_the_token_is_taken_from_each_header(fake: FakeCircleCI, headers: dict[str, str]) -> None:
    assert ask(fake, headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Circle-Token": "wrong"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": basic("wrong", "fake-token")},
        {"Authorization": "Basic !!!"},
    ],
)
def test_a_wrong_token_is_rejected(fake: FakeCircleCI, headers: dict[str, str]) -> None:
    response = ask(fake, headers)
    assert (response.status_code, response.json()) == (401, {"message": "Invalid token provided."})


def test_a_missing_token_is_rejected(fake: FakeCircleCI) -> None:
    assert ask(fake, {}).json() == {"message": "You must log in first."}


def test_realistic_401_responses_are_plain_text(fake: FakeCircleCI) -> None:
    fake.realistic = True
    missing, wrong = ask(fake, {}), ask(fake, {"Circle-Token": "wrong"})

    assert missing.headers["content-type"].startswith("text/plain")
    assert missing.json() == {"message": "You must log in first."}
    assert (wrong.headers["content-type"], wrong.text) == ("text/plain;charset=utf-8", "Invalid token provided.")


def test_nothing_happens_without_a_token(fake: FakeCircleCI) -> None:
    with httpx.Client(transport=fake.transport()) as client:
        client.delete("https://circleci.com/api/v2/project/gh/acme/web")
    assert "gh/acme/web" in fake.state.projects


@pytest.mark.parametrize(
    ("method", "path", "arguments", "problem"),
    [
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
def test_requests_that_the_document_does_not_allow_are_rejected_with_the_reason(  # noqa: PLR0917 - cases are tuples
    fake: FakeCircleCI, http: httpx.Client, method: str, path: str, arguments: dict[str, object], problem: str
) -> None:
    response = http.request(method, path, **arguments)
    assert response.status_code == 400
    assert problem in response.json()["message"]
    assert any(problem in complaint for complaint in fake.journal.validation_errors)


def test_errors_of_policies_have_a_different_key(fake: FakeCircleCI, http: httpx.Client) -> None:
    response = http.patch("/owner/x/context/config/decision/settings", json={"enabled": "perhaps"})
    assert set(response.json()) == {"error"}


def test_the_check_can_be_turned_off() -> None:
    fake = FakeCircleCI(check_requests="off")
    fake.add_project("gh/acme/web")
    with httpx.Client(transport=fake.transport(), headers={"Circle-Token": fake.token}) as http:
        response = http.get("https://circleci.com/api/v2/project/gh/acme/web", params={"future": "yes"})
    assert response.status_code == 200


@pytest.mark.parametrize("body", [b"null", b"[]", b'"x"', b"7"])
def test_a_body_of_the_wrong_type_is_handled(http: httpx.Client, body: bytes) -> None:
    assert http.post(f"{PROJECT}/pipeline", content=body).status_code in {201, 400}


def test_a_token_in_the_query_is_accepted(fake: FakeCircleCI) -> None:
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


ODD_REQUESTS = [
    ("GET", PROJECT + "/pipeline", {"params": {"brnach": "main"}}, "'brnach' is not described; did you mean 'branch'?"),
    ("GET", "/me", {"params": {"owner-id": "x"}}, "query parameter 'owner-id' is not described"),  # Airbyte's connector
    (
        "GET",
        PROJECT,
        {"params": {"org-slug": "gh/acme"}},
        "query parameter 'org-slug' is not described",
    ),  # so does this
    ("GET", "/pipeline", {"params": {"mine": "True"}}, "query parameter 'mine' is 'True'"),
    (
        "GET",
        "/insights/gh/acme/web/workflows/release",
        {"params": {"start-date": "2026-01-01"}},
        "'2026-01-01T00:00:00Z'",
    ),
    ("POST", PROJECT + "/envvar", {"json": {"name": "K", "value": "v", "vaule": 1}}, "$.vaule, which is not described"),
]


@pytest.mark.parametrize(("method", "path", "arguments", "problem"), ODD_REQUESTS)
def test_requests_that_only_the_live_api_accepts_are_complained_about(  # noqa: PLR0917 - cases are tuples
    fake: FakeCircleCI, http: httpx.Client, method: str, path: str, arguments: dict[str, object], problem: str
) -> None:
    assert http.request(method, path, **arguments).status_code < 300
    assert fake.journal.validation_errors == []
    (complaint,) = fake.complaints
    assert problem in complaint


@pytest.mark.parametrize(("method", "path", "arguments", "problem"), ODD_REQUESTS)
def test_a_strict_fake_rejects_them(method: str, path: str, arguments: dict[str, object], problem: str) -> None:
    fake = FakeCircleCI.seeded(pipelines=0, check_requests="strict")
    with http_of(fake) as http:
        response = http.request(method, path, **arguments)
    assert response.status_code == 400
    assert problem in response.json()["message"]
    assert fake.complaints == []
    assert len(fake.journal.validation_errors) == 1


def test_booleans_and_dates_have_their_effect_in_any_notation(fake: FakeCircleCI, http: httpx.Client) -> None:
    def items(params: dict[str, str]) -> list[object]:
        return http.get("/insights/gh/acme/web/workflows/release", params=params).json()["items"]

    for day, full in (("2026-03-03", "2026-03-03T00:00:00Z"), ("2026-03-03T12:00:00", "2026-03-03T12:00:00Z")):
        assert items({"start-date": day}) == items({"start-date": full})
    assert items({"all-branches": "True"}) == items({"all-branches": "true"})


@pytest.mark.parametrize("argument", ["spelling", "check_requests"])
def test_an_unknown_mode_is_an_error(argument: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{argument}='lax': pass one of"):
        FakeCircleCI(**{argument: "lax"})


@pytest.mark.parametrize("checks", ["lenient", "strict", "off"])
@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000])
def test_a_deep_body_is_a_bad_request(checks: RequestChecks, body: bytes) -> None:
    fake = FakeCircleCI(check_requests=checks)
    fake.add_project("gh/acme/web")
    with http_of(fake) as http:
        assert http.post(f"{PROJECT}/envvar", content=body).status_code == 400


def test_a_body_too_deep_to_be_checked_is_a_bad_request(http: httpx.Client) -> None:
    body = b'{"name":' + b"[" * 900 + b"]" * 900 + b"}"
    assert http.post(f"{PROJECT}/envvar", content=body).status_code == 400
