"""Every operation: its method sends what openapi.json publishes, and decodes what it describes."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

import httpx
import pytest

from circleci_v2 import CircleCI
from circleci_v2.errors import ArgumentTypeError, ConfigurationError
from circleci_v2.operations import OPERATIONS, Operation
from circleci_v2.pagination import Page, Paginator
from tests.support.samples import sample

pytestmark = pytest.mark.anyio

DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parent.parent / "openapi.json").read_text(encoding="utf-8"))
SLUG_SEGMENTS = {"provider": "gh", "organization": "acme", "project": "web"}
SLUGS = {"project-slug": "gh/acme/web", "org-slug": "gh/acme", "org-slug-or-id": "gh/acme"}


def look_up(value: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in value:
        return value
    found: Any = DOCUMENT
    for part in value["$ref"][2:].split("/"):
        found = found[part]
    return look_up(found)


def published(operation: Operation) -> Mapping[str, Any]:
    return DOCUMENT["paths"][operation.path][operation.method.lower()]


def parameters(operation: Operation, place: str) -> Iterator[Mapping[str, Any]]:
    return (p for p in map(look_up, published(operation)["parameters"]) if p["in"] == place)


def body_schema(operation: Operation) -> Mapping[str, Any]:
    body = published(operation).get("requestBody", {})
    return look_up(body.get("content", {}).get("application/json", {}).get("schema", {}))


def snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).replace("-", "_").lower()


def value_of(name: str, schema: Mapping[str, Any]) -> Any:
    return SLUGS.get(name) or sample(DOCUMENT, schema)


class Sample:
    """Arguments for one method, and the request that they should lead to."""

    def __init__(self, operation: Operation, method: Any) -> None:
        path = {p["name"]: value_of(p["name"], p["schema"]) for p in parameters(operation, "path")}
        segments = [name for name in path if name in SLUG_SEGMENTS]
        self.path = operation.path
        for name, value in {**path, **{n: SLUG_SEGMENTS[n] for n in segments}}.items():
            self.path = self.path.replace(f"{{{name}}}", quote(str(value), safe="/" if name in SLUGS else ""))
        positional = ["gh/acme/web"] * bool(segments) + [v for n, v in path.items() if n not in SLUG_SEGMENTS]
        self.query = {p["name"]: value_of(p["name"], p["schema"]) for p in parameters(operation, "query")}
        properties = body_schema(operation).get("properties", {})
        self.body = {name: value_of(name, schema) for name, schema in properties.items()}
        signature = inspect.signature(method).parameters.values()
        names = [p.name for p in signature if p.kind is p.POSITIONAL_OR_KEYWORD]
        self.arguments = dict(zip(names, positional, strict=False))
        if "context" in path:
            self.arguments["context"] = path["context"]
        self.arguments |= {snake_case(name): value for name, value in {**self.query, **self.body}.items()}
        for name, value in self.arguments.items():
            if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT.*Z", value):
                self.arguments[name] = datetime.fromisoformat(value)


def client(handler: Any, **options: Any) -> CircleCI:
    return CircleCI("token", transport=httpx.MockTransport(handler), **options)


def method_of(circleci: CircleCI, operation: Operation) -> Any:
    return getattr(getattr(circleci, operation.namespace), operation.name)


def test_all_operations_are_there_in_the_order_of_the_document():
    ids = [operation["operationId"] for item in DOCUMENT["paths"].values() for operation in item.values()]
    assert list(OPERATIONS) == ids
    assert len(OPERATIONS) == len(ids)
    assert [operation.id for operation in OPERATIONS.values()] == ids


def successful_response(operation: Operation) -> tuple[int, Any]:
    status = next(s for s in sorted(published(operation)["responses"], reverse=True) if s.startswith("2"))
    content = published(operation)["responses"][status].get("content")
    return int(status), sample(DOCUMENT, content["application/json"]["schema"]) if content else None


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
async def test_each_method_sends_what_is_published_and_decodes_what_is_described(operation: Operation):
    requests: list[httpx.Request] = []
    status, content = successful_response(operation)

    def handler(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(status, json=content) if content is not None else httpx.Response(status)

    async with client(handler, strict=True) as circleci:
        method = method_of(circleci, operation)
        expected = Sample(operation, method)
        called = method(**expected.arguments)
        assert isinstance(called, Paginator) == operation.paginated
        result = await called

    (request,) = requests
    path, _, query = request.url.raw_path.decode().partition("?")
    assert request.method == operation.method
    assert path == f"/api/v2{expected.path}"
    assert query_of(query) == {name: texts(value) for name, value in expected.query.items()}
    if body_schema(operation):
        assert json.loads(request.content) == expected.body
    else:
        assert request.content == b""
    check(result, content)


def query_of(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        found.setdefault(name, []).append(value)
    return found


def texts(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    return [str(value).lower() if isinstance(value, bool) else str(value)]


def check(result: Any, content: Any) -> None:
    """The decoded value encodes to exactly what was received."""
    if isinstance(result, Page):
        items = content if isinstance(content, list) else content["items"]
        assert [item.to_dict() for item in result.items] == items
    elif hasattr(result, "to_dict"):
        assert result.to_dict() == content
    else:
        assert result == content


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_the_signature_offers_every_published_parameter_and_body_field(operation: Operation):
    signature = inspect.signature(method_of(client(lambda _: httpx.Response(200)), operation))
    places = [*parameters(operation, "path"), *parameters(operation, "query")]
    names = [p["name"] for p in places if p["name"] not in SLUG_SEGMENTS] + list(
        body_schema(operation).get("properties", {})
    )
    slug = any(p["name"] in SLUG_SEGMENTS for p in places)
    assert len(signature.parameters) == len(names) + slug


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_every_method_is_documented_with_its_arguments_and_its_route(operation: Operation):
    method = method_of(client(lambda _: httpx.Response(200)), operation)
    text = inspect.getdoc(method) or ""
    assert f"{operation.method} {operation.path} ({operation.id})" in text
    for name in inspect.signature(method).parameters:
        assert re.search(rf"^    {name}: \S", text, re.MULTILINE), name


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
async def test_each_raw_method_returns_the_response(operation: Operation):
    status, content = successful_response(operation)

    def handler(_: httpx.Request) -> httpx.Response:
        headers = {"x-request-id": "a-request"}
        return (
            httpx.Response(status, json=content, headers=headers)
            if content is not None
            else httpx.Response(status, headers=headers)
        )

    async with client(handler) as circleci:
        raw = getattr(getattr(circleci.with_raw_response, operation.namespace), operation.name)
        response = await raw(**Sample(operation, method_of(circleci, operation)).arguments)
    assert response.status_code == status
    assert response.request_id == "a-request"
    if content is not None:
        assert json.loads(response.content) == content
        check(response.parsed, content)


async def test_an_offset_is_sent_as_given_and_moments_are_sent_in_utc():
    moment = datetime(2026, 1, 31, 12, tzinfo=UTC)
    queries: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        queries.append(request.url.query.decode())
        return httpx.Response(200, json=[])

    async with client(handler) as circleci:
        await circleci.policies.list_decisions("acme", after=moment, offset=40)
    assert [query_of(query) for query in queries] == [{"after": ["2026-01-31T12:00:00Z"], "offset": ["40"]}]


def record_into(requests: list[httpx.Request], **content: Any) -> Any:
    def handler(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json=content)

    return handler


def required_fields() -> Iterator[tuple[Operation, str]]:
    for operation in OPERATIONS.values():
        schema = body_schema(operation)
        yield from ((operation, name) for name in schema.get("required", ()))


@pytest.mark.parametrize(
    ("operation", "field"), [pytest.param(*found, id=f"{found[0].id}-{found[1]}") for found in required_fields()]
)
async def test_none_for_a_required_field_is_refused_before_anything_is_sent(operation: Operation, field: str):
    requests: list[httpx.Request] = []
    async with client(record_into(requests)) as circleci:
        method = method_of(circleci, operation)
        arguments = {**Sample(operation, method).arguments, snake_case(field): None}
        with pytest.raises(ConfigurationError, match=f"^{snake_case(field)}=None: .*required"):
            await method(**arguments)
    assert requests == []


WEBHOOK = "5034460f-c7c4-4c43-9457-de07e2029e7b"
REPLACEMENT: dict[str, Any] = {
    "name": "ours",
    "events": ["job-completed"],
    "signing_secret": "a long secret",
    "url": "https://ci.example/hook",
    "verify_tls": True,
}


@pytest.mark.parametrize("omitted", REPLACEMENT)
async def test_a_webhook_cannot_be_updated_in_parts(omitted: str):
    # PUT /webhook/{id} is a full replacement: a body without the secret deletes it (CircleCI-Labs/terraform-provider-circleci,
    # CHANGELOG 0.5.0, and webhook.go).
    requests: list[httpx.Request] = []
    arguments = {name: value for name, value in REPLACEMENT.items() if name != omitted}
    async with client(record_into(requests)) as circleci:
        with pytest.raises(TypeError, match=f"keyword-only argument: '{omitted}'"):
            await circleci.webhooks.update(WEBHOOK, **arguments)
    assert requests == []


@pytest.mark.parametrize("secret", ["a long secret", ""], ids=["kept", "removed"])
async def test_updating_a_webhook_sends_everything_in_kebab_case(secret: str):
    # The API silently ignores the keys in snake_case (measured: CircleCI-Labs/terraform-provider-circleci, CHANGELOG 0.5.0);
    # "signing-secret": "" removes the secret (measured: webhook.go).
    requests: list[httpx.Request] = []
    async with client(record_into(requests)) as circleci:
        await circleci.webhooks.update(WEBHOOK, **{**REPLACEMENT, "signing_secret": secret})
    assert [json.loads(request.content) for request in requests] == [
        {
            "name": "ours",
            "events": ["job-completed"],
            "signing-secret": secret,
            "url": "https://ci.example/hook",
            "verify-tls": True,
        }
    ]


async def test_the_mask_of_a_signing_secret_is_never_sent_as_a_secret():
    # Responses show "****" for a secret (measured: CircleCI-Labs/terraform-provider-circleci, webhook.go).
    requests: list[httpx.Request] = []
    async with client(record_into(requests, signing_secret="****")) as circleci:
        read = await circleci.webhooks.get(WEBHOOK)
        copied = {**REPLACEMENT, "signing_secret": read.signing_secret}
        requests.clear()
        with pytest.raises(ConfigurationError, match=r"signing_secret='\*\*\*\*' is the mask"):
            await circleci.webhooks.update(WEBHOOK, **copied)
        with pytest.raises(ConfigurationError, match=r"signing_secret='\*\*\*\*' is the mask"):
            await circleci.webhooks.create(**copied, scope={"id": WEBHOOK, "type": "project"})
    assert requests == []


@pytest.mark.parametrize("secret", [b"a long secret", 5], ids=["bytes", "number"])
async def test_a_signing_secret_that_is_no_text_is_refused_without_showing_it(secret: Any):
    requests: list[httpx.Request] = []
    async with client(record_into(requests)) as circleci:
        with pytest.raises(ArgumentTypeError, match=r"^signing_secret must be text, not (bytes|int)$"):
            await circleci.webhooks.update(WEBHOOK, **{**REPLACEMENT, "signing_secret": secret})
    assert requests == []
