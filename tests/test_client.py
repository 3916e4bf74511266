"""The client: the requests it sends, and what its copies and views share."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import anyio
import httpx
import pytest

from circleci_v2 import CircleCI, CircleCIError, ConfigurationError, DecodeError, InvalidSlugError, NotFoundError
from circleci_v2.errors import ArgumentTypeError
from circleci_v2.models import ContextOwnerBySlug, ReportingWindow

pytestmark = pytest.mark.anyio

TOKEN = "CCIPAT_0123456789abcdef"
Requests = list[httpx.Request]
NO_ZONE = datetime(2026, 11, 20)  # noqa: DTZ001 - rejected for that


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
        lambda c: c.projects.get_environment_variable("gh/acme/web", "A\ud800B"),
    ],
)
async def test_an_invalid_path_segment_is_rejected_before_anything_is_sent(
    circleci: CircleCI, requests: Requests, call: Callable[[CircleCI], Any]
):
    async with circleci:
        with pytest.raises((InvalidSlugError, ConfigurationError)) as caught:
            await call(circleci)
    assert re.search(r"acme/web|'\.\.'|''|'A\\nB'|'A\\ud800B'|gh/acme", str(caught.value))
    assert isinstance(caught.value, ValueError)
    assert requests == []


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda c: c.workflows.list_jobs(None), "workflow_id=None"),
        (lambda c: c.workflows.get(None), "workflow_id=None"),
        (lambda c: c.jobs.get_by_number("gh/acme/web", None), "job_number=None"),
        (lambda c: c.contexts.delete(None), "context_id=None"),
        (lambda c: c.policies.get_policy_bundle("acme", context=None), "context=None"),
        (lambda c: c.organizations.get(None), "None is not an organization slug"),
        (lambda c: c.projects.get(None), "None is not a project slug"),
        (lambda c: c.workflows.get(b"id"), "workflow_id=b'id'"),
        (lambda c: c.workflows.get(True), "workflow_id=True"),
        (lambda c: c.workflows.get(ContextOwnerBySlug(slug="gh/acme", type=None)), "workflow_id=ContextOwnerBySlug"),
    ],
)
async def test_an_argument_that_is_no_text_number_or_uuid_is_rejected_before_anything_is_sent(
    circleci: CircleCI, requests: Requests, call: Callable[[CircleCI], Any], argument: str
):
    async with circleci:
        with pytest.raises(CircleCIError, match=re.escape(argument)):
            await call(circleci)
        with pytest.raises(CircleCIError, match=re.escape(argument)):
            await call(circleci.with_raw_response)
    assert requests == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda c: c.contexts.create(name="x", owner=object()), "cannot be sent as JSON"),
        (lambda c: c.contexts.create(name=b"x", owner={}), "cannot be sent as JSON"),
        (lambda c: c.contexts.create(name="\ud800", owner={}), "'\\ud800'"),
        (lambda c: c.request("POST", "/x", json=float("nan")), "NaN"),
        (lambda c: c.request("POST", "/x", json={"a": [float("inf")]}), "infinity"),
        (lambda c: c.request("GET", "/x", query={"a": "\ud800"}), "'\\ud800'"),
        (lambda c: c.request("GET", "/\ud800"), "'/\\ud800'"),
        (lambda c: c.request("GET", "/x", query={"\ud800": 1}), "'\\ud800'"),
        (lambda c: c.usage.create_export("org", start=NO_ZONE, end=NO_ZONE), "has no time zone"),
        (lambda c: c.pipelines.list_for_project("gh/acme/web", branch="\ud800"), "'\\ud800'"),
    ],
)
async def test_a_value_that_cannot_be_sent_is_rejected_before_anything_is_sent(
    circleci: CircleCI, requests: Requests, call: Callable[[CircleCI], Any], message: str
):
    async with circleci:
        with pytest.raises(ConfigurationError) as caught:
            await call(circleci)
    assert message in str(caught.value)
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
    "path", ["https://elsewhere.example/me", "me", "//elsewhere.example/me", "/me?a=1", "/me#x", "", None, b"/me", 7]
)
async def test_request_rejects_a_path_outside_the_base_url(circleci: CircleCI, requests: Requests, path: Any):
    async with circleci:
        with pytest.raises(ConfigurationError, match="must be a path below the base URL") as caught:
            await circleci.request("GET", path)
    assert repr(path) in str(caught.value)
    assert requests == []


@pytest.mark.parametrize(
    "path",
    [
        "/..",
        "/./me",
        "/project/../../admin",
        "/%2e%2e/",
        "/%2E%2e/admin",
        "/.%2e/admin",
        "/project/%2e/me",
        "/project/%2e%2e%2f%2e%2e%2fadmin",
        "/..%2fadmin",
        "/..%5cadmin",
        "/..\\admin",
        "/..;x=1/admin",
        "/%2e%2e%3bx/admin",
    ],
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_request_rejects_a_path_that_a_server_may_resolve_to_another(
    circleci: CircleCI, requests: Requests, method: str, path: str
):
    async with circleci:
        with pytest.raises(ConfigurationError, match=r"leave out '\.' and '\.\.'") as caught:
            await circleci.request(method, path)
    assert repr(path) in str(caught.value)
    assert requests == []


@pytest.mark.parametrize("path", ["/a..b", "/...", "/.well-known/x", "/v1..v2", "/a%2Eb", "/%2e%2e%2e", "/me;a=1"])
async def test_request_sends_dots_that_are_part_of_a_name(circleci: CircleCI, requests: Requests, path: str):
    async with circleci:
        await circleci.request("GET", path)
    assert requests[0].url.raw_path.decode() == f"/api/v2{path}"


@pytest.mark.parametrize("query", [[("branch", "main")], "branch=main", 7])
async def test_request_rejects_a_query_that_is_no_mapping(circleci: CircleCI, requests: Requests, query: Any):
    async with circleci:
        with pytest.raises(ArgumentTypeError, match="must be a mapping of names to values") as caught:
            await circleci.request("GET", "/me", query=query)
    assert repr(query) in str(caught.value)
    assert requests == []


@pytest.mark.parametrize("method", ["é", "", "GE T", "GET\r\nX: y", "GET/", "(GET)", "\ud800", None, 7, b"GET"])
async def test_request_rejects_a_method_that_http_does_not_allow(circleci: CircleCI, requests: Requests, method: Any):
    async with circleci:
        with pytest.raises(ConfigurationError, match="is not an HTTP method") as caught:
            await circleci.request(method, "/me")
    assert repr(method) in str(caught.value)
    assert requests == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timeout": "5"}, "timeout='5'"),
        ({"timeout": b"5"}, "timeout=b'5'"),
        ({"timeout": 0}, "=0"),
        ({"max_retries": "3"}, "max_retries='3'"),
        ({"deadline": "30"}, "deadline='30'"),
        ({"priority": "high"}, "priority='high'"),
    ],
)
async def test_options_of_the_wrong_type_are_rejected(circleci: CircleCI, options: dict[str, Any], message: str):
    async with circleci:
        with pytest.raises(ConfigurationError) as caught:
            circleci.with_options(**options)
    assert message in str(caught.value)


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
