"""The client: the requests it sends, and what its copies and views share."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest

from circleci_v2 import CircleCI, ConfigurationError, DecodeError, InvalidSlugError, NotFoundError
from circleci_v2.models import ContextOwnerBySlug, ReportingWindow

pytestmark = pytest.mark.anyio

TOKEN = "CCIPAT_0123456789abcdef"
Requests = list[httpx.Request]


@pytest.fixture
def requests() -> Requests:
    return []


@pytest.fixture
def circleci(requests: Requests) -> CircleCI:
    return client(requests, json={"id": "5034460f-c7c4-4c43-9457-de07e2029e7b", "name": "Someone", "login": "someone"})


def client(requests: Requests, status: int = 200, *, options: dict[str, Any] | None = None, **answer: Any) -> CircleCI:
    def handler(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(status, **answer)

    return CircleCI(TOKEN, transport=httpx.MockTransport(handler), **(options or {}))


async def test_every_request_carries_the_token_and_asks_for_json(circleci: CircleCI, requests: Requests):
    async with circleci:
        await circleci.user.me()
    (request,) = requests
    assert str(request.url) == "https://circleci.com/api/v2/me"
    assert request.headers["Circle-Token"] == TOKEN
    assert request.headers["Accept"] == "application/json"
    assert request.headers["User-Agent"].startswith("circleci-v2-python/")
    assert "Authorization" not in request.headers


@pytest.mark.parametrize(
    ("auth", "header"),
    [("bearer", f"Bearer {TOKEN}"), ("basic", "Basic Q0NJUEFUXzAxMjM0NTY3ODlhYmNkZWY6")],
)
async def test_the_token_can_be_sent_in_the_authorization_header(requests: Requests, auth: Any, header: str):
    async with client(requests, json={}, options={"auth": auth}) as circleci:
        await circleci.user.me()
    assert requests[0].headers["Authorization"] == header
    assert "Circle-Token" not in requests[0].headers


async def test_a_token_function_is_called_for_each_request(requests: Requests):
    tokens = iter(["first", "second"])

    async def token() -> str:
        return next(tokens)

    def handler(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={})

    async with CircleCI(token, transport=httpx.MockTransport(handler)) as circleci:
        await circleci.user.me()
        await circleci.user.me()
    assert [request.headers["Circle-Token"] for request in requests] == ["first", "second"]


async def test_a_self_hosted_server_is_reached_below_its_own_path(requests: Requests):
    async with client(requests, json={}, options={"base_url": "https://ci.example.com"}) as circleci:
        await circleci.projects.get("gh/acme/web")
    assert str(requests[0].url) == "https://ci.example.com/api/v2/project/gh/acme/web"


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (lambda c: c.projects.get("gh/acme/web app"), "/project/gh/acme/web%20app"),
        (lambda c: c.projects.get("circleci/Ab1/Cd2"), "/project/circleci/Ab1/Cd2"),
        (lambda c: c.projects.get_settings("gh/acme/web"), "/project/gh/acme/web/settings"),
        (lambda c: c.organizations.get("gh/acme"), "/organization/gh/acme"),
        (
            lambda c: c.insights.workflow_summary("gh/acme/web", "a/b?c#d"),
            "/insights/gh/acme/web/workflows/a%2Fb%3Fc%23d/summary",
        ),
        (lambda c: c.policies.get_policy_bundle("acme"), "/owner/acme/context/config/policy-bundle"),
    ],
)
async def test_slugs_keep_their_slashes_and_everything_else_is_encoded(
    circleci: CircleCI, requests: Requests, call: Callable[[CircleCI], Any], path: str
):
    async with circleci:
        await call(circleci)
    assert requests[0].url.raw_path.decode() == f"/api/v2{path}"


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.projects.get("acme/web"),
        lambda c: c.projects.get("gh/acme/.."),
        lambda c: c.contexts.get(".."),
        lambda c: c.workflows.get(""),
        lambda c: c.projects.get_environment_variable("gh/acme/web", "A\nB"),
    ],
)
async def test_an_invalid_path_segment_is_rejected_before_anything_is_sent(
    circleci: CircleCI, requests: Requests, call: Callable[[CircleCI], Any]
):
    async with circleci:
        with pytest.raises((InvalidSlugError, ValueError), match=r"acme/web|'\.\.'|''|'A\\nB'|gh/acme"):
            await call(circleci)
    assert requests == []


async def test_bodies_take_models_and_plain_dictionaries(requests: Requests):
    owner = ContextOwnerBySlug(slug="gh/acme", type=None)
    async with client(requests, json={}) as circleci:
        await circleci.contexts.create(name="release", owner=owner)
        await circleci.contexts.create(name="release", owner={"slug": "gh/acme"})
    assert [json.loads(request.content) for request in requests] == [
        {"name": "release", "owner": {"slug": "gh/acme"}}
    ] * 2


async def test_what_is_not_given_is_not_sent_and_none_is_null_where_the_api_tells_them_apart(requests: Requests):
    async with client(requests, json={}) as circleci:
        await circleci.schedules.update("id", name="nightly")
        await circleci.schedules.update("id", description=None)
    assert [json.loads(request.content) for request in requests] == [{"name": "nightly"}, {"description": None}]


async def test_sequences_repeat_their_parameter_and_enums_are_their_values(requests: Requests):
    async with client(requests, json={}) as circleci:
        await circleci.insights.project_summary(
            "gh/acme/web", branches=["main", "next"], reporting_window=ReportingWindow.LAST_7_DAYS
        )
    assert requests[0].url.query == b"branches=main&branches=next&reporting-window=last-7-days"


async def test_request_reaches_what_the_spec_does_not_know(requests: Requests):
    async with client(requests, json={"new": True}) as circleci:
        answer = await circleci.request("post", "/new/thing", query={"a": [1, 2], "b": None}, json={"x": 1})
    assert answer == {"new": True}
    assert (requests[0].method, requests[0].url.raw_path) == ("POST", b"/api/v2/new/thing?a=1&a=2")
    assert json.loads(requests[0].content) == {"x": 1}


@pytest.mark.parametrize(
    "path", ["https://elsewhere.example/me", "me", "//elsewhere.example/me", "/me?a=1", "/me#x", ""]
)
async def test_request_rejects_a_path_outside_the_base_url(circleci: CircleCI, requests: Requests, path: str):
    async with circleci:
        with pytest.raises(ValueError, match="must be a path below the base URL"):
            await circleci.request("GET", path)
    assert requests == []


async def test_request_raises_like_every_method(requests: Requests):
    async with client(requests, 404, json={"message": "Not Found"}) as circleci:
        with pytest.raises(NotFoundError) as caught:
            await circleci.request("GET", "/nothing")
    assert caught.value.operation_id is None


async def test_an_empty_response_is_none(requests: Requests):
    async with client(requests, 204) as circleci:
        assert await circleci.request("DELETE", "/thing") is None
        await circleci.otel.delete_exporter("id")


async def test_a_copy_with_options_shares_the_connections_and_leaves_the_original_alone(requests: Requests):
    async with client(requests, 503) as circleci:
        patient = circleci.with_options(max_retries=0, timeout=5)
        assert patient.user is not circleci.user
        with pytest.raises(Exception, match="503"):
            await patient.user.me()
        assert len(requests) == 1
        assert type(patient) is type(circleci)
    with pytest.raises(ConfigurationError, match="closed"):
        await patient.user.me()


async def test_a_copy_of_a_copy_keeps_what_it_does_not_change(requests: Requests):
    async with client(requests, 503) as circleci:
        with pytest.raises(Exception, match="503"):
            await circleci.with_options(max_retries=0).with_options(timeout=5).user.me()
    assert len(requests) == 1


async def test_map_calls_a_method_for_each_item(requests: Requests):
    names = [f"project-{i}" for i in range(20)]
    async with client(requests, json={"slug": "x"}) as circleci:
        slugs = [f"gh/acme/{name}" for name in names]
        outcomes = [outcome async for outcome in circleci.map(circleci.projects.get, slugs, concurrency=5)]
    assert sorted(outcome.item for outcome in outcomes) == sorted(slugs)
    assert len(requests) == 20


async def test_one_client_serves_many_tasks(circleci: CircleCI, requests: Requests):
    async with circleci, anyio.create_task_group() as group:
        for _ in range(50):
            group.start_soon(circleci.user.me)
    assert len(requests) == 50


async def test_a_body_that_is_not_json_is_a_decode_error(requests: Requests):
    async with client(requests, text="<html>") as circleci:
        with pytest.raises(DecodeError, match="the response of the request is text/plain"):
            await circleci.request("GET", "/me")


def test_neither_the_client_nor_its_parts_show_the_token():
    circleci = CircleCI(TOKEN)
    shown = f"{circleci!r} {circleci} {vars(circleci)!r}"
    assert TOKEN not in shown
    assert "https://circleci.com/api/v2" in repr(circleci)


def test_without_a_token_the_error_lists_the_sources(monkeypatch: pytest.MonkeyPatch, tmp_path: Any):
    for name in ("CIRCLE_TOKEN", "CIRCLECI_TOKEN", "CIRCLECI_CLI_TOKEN", "CIRCLE_CLI_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(ConfigurationError, match=r"CIRCLE_TOKEN, CIRCLECI_TOKEN, .*~/\.circleci/cli\.yml"):
        CircleCI()
