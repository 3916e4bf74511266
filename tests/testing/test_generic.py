"""Operations without a handler get a response that is made from the schemas of the document."""

from __future__ import annotations

import json
from typing import Any

import pytest

from circleci_v2 import CircleCI
from circleci_v2.operations import OPERATIONS
from circleci_v2.testing import FakeCircleCI, FakeRequest, FakeResponse
from circleci_v2.testing.dispatch import ROUTES, published_routes
from circleci_v2.testing.generic import routes_of
from circleci_v2.testing.specification import Specification
from tests.codegen.support.call_everything import arguments

UUID = "5034460f-c7c4-4c43-9457-de07e2029e7b"
TEXT = {"type": "string"}
PUBLISHED = Specification.published()


def respond(paths: dict[str, Any], method: str, target: str, body: Any = None, **schemas: Any) -> FakeResponse:
    """The response of a document without handlers."""
    specification = Specification({"paths": paths, "components": {"schemas": schemas}})
    content = b"" if body is None else json.dumps(body).encode()
    request = FakeRequest.from_target(method, target, headers={}, body=content)
    match = routes_of(specification, ()).find(method, request.path)
    assert match is not None
    described = FakeRequest(
        method=method,
        path=request.path,
        query=request.query,
        body=content,
        path_params=match.path_params,
        route=match.route.template,
    )
    return match.route.handler(FakeCircleCI().state, described)


def get(schema: Any, target: str = "/x", kind: str = "application/json", **schemas: Any) -> FakeResponse:
    responses = {"200": {"description": "", "content": {kind: {"schema": schema}}}}
    template = target.partition("?")[0]
    return respond({template: {"get": {"operationId": "getX", "responses": responses}}}, "GET", target, **schemas)


def value(schema: Any, target: str = "/x", **schemas: Any) -> Any:
    response = get(schema, target, **schemas)
    assert response.status_code == 200, response.content
    return json.loads(response.content)


def test_there_is_a_route_for_each_operation_of_the_document() -> None:
    assert {(route.method, route.template) for route in published_routes()} == set(PUBLISHED)


def test_every_handler_belongs_to_an_operation_of_the_document() -> None:
    left = {(route.method, route.template) for route in ROUTES} - set(PUBLISHED)
    assert left == set(), "openapi.json no longer has these operations: remove their handlers"


@pytest.mark.parametrize("key", list(PUBLISHED), ids=" ".join)
def test_a_response_can_be_made_for_every_operation_of_the_document(key: tuple[str, str]) -> None:
    method, template = key
    path = template.replace("{project-slug}", "gh/acme/web").replace("{", "").replace("}", "")
    request = FakeRequest.from_target(method, path, headers={}, body=b"")
    route = next(route for route in routes_of(PUBLISHED, ()) if (route.method, route.template) == key)
    response = route.handler(FakeCircleCI().state, request)
    assert response.status_code < 300
    assert PUBLISHED[key].validate_response(response) == []


@pytest.mark.anyio
async def test_every_operation_decodes_the_response_that_is_made_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    routes = routes_of(PUBLISHED, ())
    monkeypatch.setattr("circleci_v2.testing.fake.published_routes", lambda: routes)
    fake = FakeCircleCI(spelling="document", check_requests="off")
    async with CircleCI(fake.token, transport=fake.transport(), strict=True) as circleci:
        for operation in OPERATIONS.values():
            method = getattr(getattr(circleci, operation.namespace), operation.name)
            await method(**arguments(method))
    assert [entry.response.status_code < 300 for entry in fake.journal] == [True] * len(OPERATIONS)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string", "example": "blue"}, "blue"),
        ({"type": "string", "enum": [None, "red"]}, "red"),
        ({"type": "string", "format": "date-time"}, "2026-03-04T15:00:00.000Z"),
        ({"type": "string", "format": "date"}, "2026-03-04"),
        ({"type": "string", "format": "uri"}, "https://example.com/value"),
        ({"type": "string", "minLength": 7}, "valuexx"),
        ({"type": "string", "maxLength": 2}, "va"),
        ({"type": "integer"}, 1),
        ({"type": "integer", "minimum": 5, "exclusiveMinimum": True}, 6),
        ({"type": "integer", "maximum": -3}, -3),
        ({"type": "integer", "multipleOf": 4, "minimum": 8}, 8),
        ({"type": "number", "minimum": 0.2, "maximum": 0.4}, 0.2),
        ({"type": "boolean"}, True),
        ({"type": "array", "items": TEXT}, ["value"]),
        ({"type": "array", "items": TEXT, "minItems": 3, "uniqueItems": True}, ["value", "value2", "value3"]),
        ({"type": "array", "items": TEXT, "maxItems": 0}, []),
        ({"type": "object", "properties": {"a-b": TEXT}}, {"a-b": "a_b"}),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"key": 1}),
        ({"allOf": [{"type": "object", "properties": {"a": TEXT}}], "properties": {"b": TEXT}}, {"a": "a", "b": "b"}),
        ({"oneOf": [TEXT, {"type": "string", "maxLength": 3}]}, "value"),
        ({"anyOf": [{"type": "integer"}, TEXT]}, 1),
        ({}, "value"),
    ],
    ids=str,
)
def test_values_are_those_that_a_schema_allows(schema: Any, expected: Any) -> None:
    assert value(schema) == expected


def test_ids_are_uuids_that_differ_by_field_and_stay_the_same() -> None:
    schema = {"type": "object", "properties": {name: {**TEXT, "format": "uuid"} for name in ("id", "owner")}}
    first = value(schema)
    assert first == value(schema)
    assert first["id"] != first["owner"]


def test_a_schema_that_contains_itself_ends() -> None:
    node = {"$ref": "#/components/schemas/Node"}
    fields = {"children": {"type": "array", "items": node}, "parent": {"allOf": [node], "nullable": True}, "next": node}
    assert value(node, Node={"type": "object", "properties": fields}) == {"children": []}


def test_a_list_has_one_page() -> None:
    fields = {"items": {"type": "array", "items": TEXT}, "next_page_token": {**TEXT, "nullable": True}}
    schema = {"type": "object", "properties": fields}
    assert value(schema) == {"items": ["items"], "next_page_token": None}
    assert value(schema, "/x?page-token=t") == {"items": [], "next_page_token": None}
    plain = {"type": "object", "properties": {**fields, "next_page_token": TEXT}}
    assert value(plain)["next_page_token"] == ""
    bare = {"type": "array", "items": TEXT}
    assert (value(bare, "/x?offset=0"), value(bare, "/x?offset=20")) == (["value"], [])


def test_fields_of_the_request_are_repeated_where_the_schema_allows_their_values() -> None:
    fields = {"owner-id": {**TEXT, "format": "uuid"}, "name": TEXT, "size": {"type": "integer"}, "note": TEXT}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Color"}}}
    created = {"201": {"description": "", "content": content}}
    paths = {"/owner/{owner_id}/color": {"post": {"operationId": "createColor", "responses": created}}}
    color = {"type": "object", "properties": fields}
    response = respond(paths, "POST", f"/owner/{UUID}/color", {"name": "red", "size": "large"}, Color=color)
    assert response.status_code == 201
    assert json.loads(response.content) == {"owner-id": UUID, "name": "red", "size": 1, "note": "note"}


@pytest.mark.parametrize("name", ["id", "color-id", "colorID"])
def test_the_last_parameter_of_a_path_is_the_id_of_the_resource(name: str) -> None:
    content = {"application/json": {"schema": {"type": "object", "properties": {"id": {**TEXT, "format": "uuid"}}}}}
    found = {"200": {"description": "", "content": content}}
    paths = {f"/color/{{{name}}}": {"get": {"operationId": "getColor", "responses": found}}}
    assert json.loads(respond(paths, "GET", f"/color/{UUID}").content) == {"id": UUID}


def test_a_response_without_a_body_is_empty() -> None:
    paths = {"/x": {"delete": {"operationId": "deleteX", "responses": {"204": {"description": ""}}}}}
    response = respond(paths, "DELETE", "/x")
    assert (response.status_code, response.content) == (204, b"")


@pytest.mark.parametrize(
    ("kind", "content_type", "content"),
    [
        ("text/plain", "text/plain", b"value"),
        ("application/octet-stream", "application/octet-stream", b"value"),
        ("application/vnd.x+json", "application/vnd.x+json;charset=utf-8", b'"value"'),
    ],
)
def test_a_body_has_the_content_type_of_the_document(kind: str, content_type: str, content: bytes) -> None:
    response = get(TEXT, kind=kind)
    assert (response.headers["content-type"], response.content) == (content_type, content)


@pytest.mark.parametrize("responses", [{"default": "d"}, {"2XX": "s", "default": "d"}], ids=str)
def test_a_response_that_is_described_for_several_statuses_has_status_200(responses: dict[str, str]) -> None:
    described = {
        status: {"description": "", "content": {"application/json": {"schema": {**TEXT, "example": text}}}}
        for status, text in responses.items()
    }
    response = respond({"/x": {"get": {"operationId": "getX", "responses": described}}}, "GET", "/x")
    assert (response.status_code, json.loads(response.content)) == (200, next(iter(responses.values())))


def test_what_cannot_be_made_is_named_with_the_way_to_make_it() -> None:
    schema = {"type": "object", "properties": {"code": {**TEXT, "pattern": "^[0-9]{4}$"}}}
    assert value(schema) == {}
    response = get({**schema, "required": ["code"]})
    assert response.status_code == 501
    assert json.loads(response.content)["message"] == (
        "The fake cannot make a response for GET /x that its schema allows (the response at $.code: 'code' does not match "
        "'^[0-9]{4}$'); add an `example` to the schema in openapi.json, or a handler in circleci_v2/testing/routes."
    )
