"""Responses, lists, parameters and other parts of operations that CircleCI's documents do not have so far."""

from __future__ import annotations

from typing import Any

from tests.codegen.support.cases.case import Case, Document, Outcome, api, operation, response

__all__ = ["CASES"]

_TEXT = {"type": "string"}
_LIST = {"type": "array", "items": {"type": "object", "properties": {"red": {"type": "integer"}}}}
_TOKEN = [{"name": "page-token", "in": "query", "schema": _TEXT}]
_WHERE = "GET /x"


def _fields(**fields: Any) -> Document:
    return {"type": "object", "properties": fields}


def _case(topic: str, name: str, outcome: Outcome, item: Document, *expected: str, path: str = "/x") -> Case:
    return Case(topic, name, outcome, lambda: api({path: item}), expected)


def _responses(name: str, outcome: Outcome, responses: Document, *expected: str) -> Case:
    return _case("responses", name, outcome, {"get": {**operation("getX"), "responses": responses}}, *expected)


def _page(name: str, outcome: Outcome, schema: Document, *expected: str) -> Case:
    return _case("pages", name, outcome, {"get": operation("getX", schema, parameters=_TOKEN)}, *expected)


def _parameter(name: str, outcome: Outcome, parameter: Document, *expected: str) -> Case:
    path = "/x/{a}" if parameter.get("in") == "path" else "/x"
    item = {"get": operation("getX", parameters=[{"name": "a", "in": "query", **parameter}])}
    return _case("parameters", name, outcome, item, *expected, path=path)


CASES = (
    _responses(
        "described under default only",
        "note",
        {"default": response(_fields(a=_TEXT))},
        "async def get_x(self) -> GetXResponse:",
        "GET /x describes its success under `default` only; every success is read as described there",
    ),
    _responses(
        "described under 2XX",
        "code",
        {"2XX": response(_fields(a=_TEXT)), "default": response(_fields(message=_TEXT))},
        "async def get_x(self) -> GetXResponse:",
    ),
    _responses(
        "of errors only",
        "note",
        {"404": {"description": "Gone."}},
        "GET /x has no successful response in the document; the method returns None",
    ),
    _responses(
        "that only redirect",
        "note",
        {"302": {"description": "Elsewhere."}},
        "GET /x is left out: its only success is a redirect (302); call it with `stream()`",
    ),
    _responses(
        "with different schemas for two statuses",
        "code",
        {"200": response(_fields(a=_TEXT)), "202": response(_fields(b=_TEXT))},
        "async def get_x(self) -> GetXResponse | GetXResponse202:",
        "{200: models.GetXResponse, 202: models.GetXResponse202}",
    ),
    _responses(
        "with one schema for two statuses",
        "code",
        {"200": response(_fields(a=_TEXT)), "201": response(_fields(a={**_TEXT, "description": "The same."}))},
        "async def get_x(self) -> GetXResponse:",
    ),
    _responses(
        "of a page and of something else",
        "note",
        {"200": response(_fields(items=_LIST, next_page_token=_TEXT)), "202": response(_fields(b=_TEXT))},
        "GET /x: 200 is a page and 202 is not; the method reads every response as a page",
        "Paginator[GetXResponseItems]",
    ),
    _page(
        "with one more field",
        "note",
        _fields(items=_LIST, next_page_token=_TEXT, total={"type": "integer"}),
        "def get_x(self, *, page_token: str | None = None) -> Paginator[GetXResponseItems]:",
        "GET /x: 'total' of a page is in `Page.additional_properties`",
    ),
    _page(
        "with another key than items",
        "code",
        _fields(colors=_LIST, next_page_token=_TEXT),
        "-> Paginator[GetXResponseColors]:",
        'items="colors"',
    ),
    _page(
        "with two lists",
        "note",
        _fields(colors=_LIST, shades=_LIST, next_page_token=_TEXT),
        "GET /x has a next_page_token, but not one list that it belongs to; its pages are not iterated",
        "-> GetXResponse:",
    ),
    _case(
        "pages",
        "that are requested with a body",
        "code",
        {
            "post": operation(
                "postX",
                _fields(items=_LIST, next_page_token=_TEXT),
                parameters=_TOKEN,
                requestBody={"content": {"application/json": {"schema": _fields(name=_TEXT)}}},
            )
        },
        'query={"page-token": page_token}, body={"name": name}',
    ),
    _case(
        "methods",
        "trace",
        "note",
        {"trace": operation("traceX")},
        "TRACE /x is left out: the response to TRACE is the request, with the token",
    ),
    _case("methods", "head", "code", {"head": operation("headX")}, "async def head_x(self) -> None:"),
    _case(
        "methods",
        "a deprecated operation",
        "code",
        {"get": operation("getX", deprecated=True)},
        "Deprecated: CircleCI may remove this operation. The first call warns with `DeprecationWarning`.",
        '"getX", "GET", "/x", "get_x", deprecated=True',
    ),
    _parameter("deprecated", "code", {"schema": _TEXT, "deprecated": True}, "a: Deprecated."),
    _case(
        "methods",
        "with a deprecated field",
        "code",
        {"get": operation("getX", _fields(a={**_TEXT, "deprecated": True, "description": "The shade."}))},
        '"""Deprecated. The shade."""',
    ),
    _case(
        "methods",
        "with callbacks",
        "note",
        {"post": operation("postX", callbacks={"done": {"{$request.query.u}": {"post": operation("done")}}})},
        "POST /x has the callbacks done, which the package does not describe",
    ),
    _case(
        "methods",
        "that two operations would have",
        "note",
        {"get": operation("get_paint")},
        "GET /x and GET /paint would both be called paint.get_paint in Python; the first is called paint.get_paint_2.",
        "async def get_paint_2(self) -> None:",
    ),
    _parameter(
        "of JSON text",
        "code",
        {"content": {"application/json": {"schema": _fields(red=_TEXT)}}},
        "a: A | Mapping[str, Any] | None = None",
        'query={"a": json_text(a)}',
    ),
    _parameter("of plain text", "code", {"content": {"text/plain": {"schema": _TEXT}}}, 'query={"a": a}'),
    _parameter(
        "with one parameter for each field of an object",
        "code",
        {"schema": _fields(red=_TEXT)},
        'query={**spread_object("a", a)}',
    ),
    _parameter(
        "with the fields of an object in one parameter",
        "code",
        {"schema": _fields(red=_TEXT), "explode": False},
        "query={\"a\": delimited(a, ',')}",
    ),
    _parameter(
        "with a list of objects",
        "note",
        {"schema": _LIST},
        "GET /x: the query parameter 'a' is a list of objects, which no style can encode; it is left out",
        "async def get_x(self) -> None:",
    ),
    _parameter(
        "with a required list of objects",
        "note",
        {"schema": _LIST, "required": True},
        "GET /x is left out: the query parameter 'a' is a list of objects, which no style can encode; call it with",
    ),
    _parameter(
        "of the path in the style matrix",
        "note",
        {"in": "path", "required": True, "style": "matrix", "schema": _TEXT},
        "GET /x/{a} is left out: the path parameter 'a' has the style matrix; call it with `request()`",
    ),
    _parameter(
        "of the path with several values",
        "note",
        {"in": "path", "required": True, "schema": {"type": "array", "items": _TEXT}},
        "GET /x/{a} is left out: the path parameter 'a' is not a single value; call it with `request()`",
    ),
    _case(
        "names",
        "a field of 4,000 characters",
        "note",
        {"get": operation("getX", _fields(**{"a" * 4000: _fields(b=_TEXT)}))},
        "GET /x is left out: 200.aaaa",
        "is longer than 120 characters; give it a name in names.yaml",
    ),
)
