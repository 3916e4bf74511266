"""Triggers and pipeline definitions behave as measured on the live API; for the sources see `tests.testing.live`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from circleci_v2 import BadRequestError
from circleci_v2.testing import FakeCircleCI
from tests.testing.live import MISSING, client, http_of, project_in

pytestmark = pytest.mark.anyio

REPOSITORY = {"provider": "github_app", "repo": {"external_id": "1"}}
DEFINITION = {
    "name": "ours",
    "checkout_source": REPOSITORY,
    "config_source": {**REPOSITORY, "file_path": ".circleci/config.yml"},
}


@pytest.fixture
def fake() -> FakeCircleCI:
    fake = FakeCircleCI()
    project_in(fake)
    return fake


@pytest.fixture
def http(fake: FakeCircleCI) -> Iterator[httpx.Client]:
    with http_of(fake) as http:
        yield http


@pytest.fixture
def project(fake: FakeCircleCI) -> str:
    return f"/projects/{project_in(fake).id}"


def create_definition(http: httpx.Client, project: str) -> str:
    identifier: str = http.post(f"{project}/pipeline-definitions", json=DEFINITION).json()["id"]
    return f"{project}/pipeline-definitions/{identifier}"


def url_of(trigger: dict[str, Any]) -> str:
    return trigger["event_source"]["webhook"]["url"]


def test_the_secret_in_the_url_of_a_webhook_trigger_is_shown_once(http: httpx.Client, project: str) -> None:
    # trigger.go: the URL holds the secret in the response to POST only, and `secret=**REDACTED**` afterwards.
    definition = create_definition(http, project)
    body = {"event_source": {"provider": "webhook", "webhook": {"sender": "a tool"}}, "event_name": "pushed"}
    created = http.post(f"{definition}/triggers", json=body).json()
    base, _, secret = url_of(created).partition("?secret=")
    assert len(secret) >= 32

    one = f"{project}/triggers/{created['id']}"
    change = {"event_source": {"webhook": {"sender": "another tool"}}}
    read, listed = http.get(one).json(), http.get(f"{definition}/triggers").json()["items"][0]
    changed = http.patch(one, json=change).json()
    assert {url_of(trigger) for trigger in (read, listed, changed)} == {f"{base}?secret=**REDACTED**"}
    assert changed["event_source"]["webhook"]["sender"] == "another tool"


def test_each_webhook_trigger_has_a_secret_of_its_own(http: httpx.Client, project: str) -> None:
    definition = create_definition(http, project)
    body = {"event_source": {"provider": "webhook", "webhook": {"sender": "a tool"}}, "event_name": "pushed"}
    urls = [url_of(http.post(f"{definition}/triggers", json=body).json()) for _ in range(3)]
    assert len({url.partition("?secret=")[2] for url in urls}) == 3


def test_the_response_to_the_creation_of_a_trigger_has_no_time(http: httpx.Client, project: str) -> None:
    # trigger.go: no created_at in the response to POST; GET has it.
    definition = create_definition(http, project)
    body = {"event_source": REPOSITORY, "event_preset": "all-pushes", "checkout_ref": "main"}
    created = http.post(f"{definition}/triggers", json=body).json()
    assert "created_at" not in created
    assert "created_at" in http.get(f"{project}/triggers/{created['id']}").json()


@pytest.mark.parametrize(("method", "body"), [("GET", None), ("PATCH", {"name": "renamed"})])
def test_a_missing_definition_is_answered_with_400(http: httpx.Client, project: str, method: str, body: Any) -> None:
    # pipeline_definition.go: 400, never 404.
    missing = http.request(method, f"{project}/pipeline-definitions/{MISSING}", json=body)
    assert missing.status_code == 400
    if method == "GET":
        assert missing.json() == {"message": "Failed to get pipeline definition."}


async def test_a_missing_definition_is_asked_for_once(fake: FakeCircleCI) -> None:
    async with client(fake) as circleci:
        with pytest.raises(BadRequestError, match="Failed to get pipeline definition"):
            await circleci.pipeline_definitions.get(project_in(fake).id, MISSING)
    assert len(fake.journal) == 1


def test_a_definition_can_be_deleted_again(http: httpx.Client, project: str) -> None:
    # pipeline_definition.go: 200 each time.
    definition = create_definition(http, project)
    for _ in range(2):
        deleted = http.delete(definition)
        assert (deleted.status_code, deleted.json()) == (200, {"message": "Pipeline definition deleted."})


def test_a_definition_of_a_missing_project_is_not_found(http: httpx.Client) -> None:
    # pipeline_definition.go
    assert http.get(f"/projects/{MISSING}/pipeline-definitions/{MISSING}").status_code == 404
