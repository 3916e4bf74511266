"""Webhooks and exporters behave as measured on the live API; for the sources see `tests.testing.live`."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from circleci_v2 import UnprocessableEntityError
from circleci_v2.testing import FakeCircleCI
from tests.testing.live import MISSING, client, http_of, project_in

pytestmark = pytest.mark.anyio

SETTINGS: dict[str, Any] = {
    "name": "ours",
    "events": ["job-completed"],
    "signing-secret": "a long secret",
    "url": "http://127.0.0.1:9/",
    "verify-tls": True,
}


def create_webhook(http: httpx.Client, fake: FakeCircleCI, settings: dict[str, Any] = SETTINGS) -> httpx.Response:
    return http.post("/webhook", json={**settings, "scope": {"id": project_in(fake).id, "type": "project"}})


def test_an_update_with_the_secret_keeps_the_webhook_signed() -> None:
    fake = FakeCircleCI()
    with http_of(fake) as http:
        webhook = create_webhook(http, fake).json()
        updated = http.put(f"/webhook/{webhook['id']}", json={**SETTINGS, "name": "renamed"})
    assert updated.json()["name"] == "renamed"
    assert updated.json()["signing_secret"] == "****"
    assert [known.secret for known in project_in(fake).webhooks.values()] == ["a long secret"]


@pytest.mark.parametrize("secret", [{}, {"signing-secret": ""}], ids=["left out", "empty"])
def test_an_update_replaces_the_secret_too(secret: dict[str, Any]) -> None:
    # webhook.go: PUT replaces everything, an empty secret removes it, and responses then have no key for it. (A body with keys
    # in snake_case only was measured to keep the secret; the fake takes the reading that loses more.)
    fake = FakeCircleCI()
    with http_of(fake) as http:
        webhook = create_webhook(http, fake).json()
        assert webhook["signing_secret"] == "****"
        body = {name: value for name, value in SETTINGS.items() if name != "signing-secret"} | secret
        updated = http.put(f"/webhook/{webhook['id']}", json=body)
        assert updated.status_code == 200
        assert "signing_secret" not in updated.json()
        assert "signing_secret" not in http.get(f"/webhook/{webhook['id']}").json()
    assert [known.secret for known in project_in(fake).webhooks.values()] == [""]


def test_an_update_in_parts_is_refused_by_a_strict_fake() -> None:
    fake = FakeCircleCI(check_requests="strict")
    with http_of(fake) as http:
        webhook = create_webhook(http, fake).json()
        refused = http.put(f"/webhook/{webhook['id']}", json={"name": "renamed"})
    assert refused.status_code == 400
    assert "'signing-secret' is a required property" in refused.text
    assert [known.name for known in project_in(fake).webhooks.values()] == ["ours"]


def test_keys_in_snake_case_are_ignored() -> None:
    # CHANGELOG 0.5.0: {"verify_tls": true, "signing_secret": "s3cr3t"} -> 201, verify_tls false, no key signing_secret.
    settings = {name.replace("-", "_"): value for name, value in SETTINGS.items()}
    fake = FakeCircleCI()
    with http_of(fake) as http:
        created = create_webhook(http, fake, settings)
    assert created.status_code == 201
    assert created.json()["verify_tls"] is False
    assert "signing_secret" not in created.json()
    unknown = [complaint for complaint in fake.complaints if "not described" in complaint]
    assert unknown == [
        "POST /webhook -> 201: the body has the key $.signing_secret, which is not described; did you mean 'signing-secret'?",
        "POST /webhook -> 201: the body has the key $.verify_tls, which is not described; did you mean 'verify-tls'?",
    ]


def test_a_webhook_without_secret_and_verification_is_created() -> None:
    # webhook.go: both keys are optional; verify_tls is then false.
    settings = {name: SETTINGS[name] for name in ("name", "events", "url")}
    fake = FakeCircleCI()
    with http_of(fake) as http:
        created = create_webhook(http, fake, settings)
    assert (created.status_code, created.json()["verify_tls"]) == (201, False)


def test_a_missing_webhook_is_not_found() -> None:
    with http_of(FakeCircleCI()) as http:
        assert http.get(f"/webhook/{MISSING}").status_code == 404


def exporter(fake: FakeCircleCI, **settings: Any) -> dict[str, Any]:
    organization = project_in(fake).organization
    return {"org_id": organization.id, "endpoint": "otel.example:4317", "protocol": "grpc", **settings}


async def test_the_sixth_exporter_is_refused_for_good() -> None:
    # otel.go: 422, although the message names an internal error; no retry helps.
    fake = FakeCircleCI()
    async with client(fake) as circleci:
        for _ in range(5):
            await circleci.otel.create_exporter(**exporter(fake))
        fake.journal.clear()
        with pytest.raises(UnprocessableEntityError, match="Internal server error"):
            await circleci.otel.create_exporter(**exporter(fake))
    (entry,) = fake.journal
    assert entry.response.content == b'{"message":"Internal server error."}'


def test_the_headers_of_an_exporter_are_never_shown() -> None:
    # otel.go: every value is xxxx, in the response to POST too.
    fake = FakeCircleCI()
    with http_of(fake) as http:
        created = http.post("/otel/exporters", json=exporter(fake, headers={"x-api-key": "secret", "x-team": "ours"}))
        (listed,) = http.get("/otel/exporters", params={"org-id": project_in(fake).organization.id}).json()
    assert created.json()["headers"] == listed["headers"] == {"x-api-key": "xxxx", "x-team": "xxxx"}


def test_deploy_lists_end_with_an_empty_token_and_select_components_by_name() -> None:
    # deploy.go: the token of the last page is "", component-name selects by a part of the name, lists count no releases.
    fake = FakeCircleCI.seeded(pipelines=60)
    organization = project_in(fake).organization
    (component,) = organization.components.values()
    with http_of(fake) as http:
        page = http.get("/deploy/components", params={"org-id": organization.id}).json()
        assert (page["next_page_token"], page["items"][0]["release_count"]) == ("", 0)
        assert http.get(f"/deploy/components/{component['id']}").json()["release_count"] > 0
        for part, found in (("we", 1), ("nothing", 0)):
            params = {"org-id": organization.id, "component-name": part}
            assert len(http.get("/deploy/components", params=params).json()["items"]) == found
