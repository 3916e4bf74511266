"""Servers, authentication, headers of an operation, and the encoding of its parameters.

Each document changes ``GET /paint`` of the base document, so that the diff has to report it.
"""

from __future__ import annotations

from typing import Any

from tests.codegen.support.cases.case import Case, Document, api, base, operation

__all__ = ["CASES"]

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_OBJECT = {"type": "object", "properties": {"a": _TEXT}}
_SCHEMES = {
    "components": {
        "securitySchemes": {
            "token": {"type": "apiKey", "in": "header", "name": "Circle-Token"},
            "oauth": {"type": "http", "scheme": "bearer"},
        }
    },
    "security": [{"token": []}],
}


def _with(**more: Any) -> Document:
    document = {**base(), **_SCHEMES}
    document["paths"]["/paint"]["get"] |= more
    return document


def _asking(schema: Any, **more: Any) -> Document:
    return api({"/x": {"get": operation("getX", parameters=[{"name": "a", "in": "query", "schema": schema, **more}])}})


def _server_of_path() -> Document:
    document = base()
    document["paths"]["/paint"]["servers"] = [{"url": "https://runner.circleci.com"}]
    return document


CASES = (
    Case(
        "service",
        "an operation with another way to authenticate",
        "note",
        lambda: _with(security=[{"oauth": []}]),
        ("GET /paint requires authentication by oauth, which the client does not send",),
    ),
    Case(
        "service",
        "an operation with one more way to authenticate",
        "code",
        lambda: _with(security=[{"oauth": []}, {"token": []}]),
        ("async def get_paint(self)",),
    ),
    Case(
        "service",
        "an operation on another server",
        "note",
        lambda: _with(servers=[{"url": "https://runner.circleci.com"}]),
        ("GET /paint is at https://runner.circleci.com, but the client sends it to its base URL",),
    ),
    Case(
        "service",
        "a path on another server",
        "note",
        _server_of_path,
        ("GET /paint is at https://runner.circleci.com, but the client sends it to its base URL",),
    ),
    Case(
        "service",
        "an optional header",
        "note",
        lambda: _with(parameters=[{"name": "X-Shade", "in": "header", "schema": _TEXT}]),
        ("GET /paint may have the header 'X-Shade', which the client does not send",),
    ),
    Case(
        "service",
        "a header that is an object",
        "note",
        lambda: _with(
            parameters=[{"name": "X-Shade", "in": "header", "schema": {"type": "object", "properties": {"a": _TEXT}}}]
        ),
        ("GET /paint may have the header 'X-Shade', which the client does not send", "async def get_paint(self)"),
    ),
    Case(
        "service",
        "a required cookie",
        "note",
        lambda: _with(parameters=[{"name": "shade", "in": "cookie", "required": True, "schema": _TEXT}]),
        ("GET /paint requires the cookie 'shade', which the client does not send",),
    ),
    Case(
        "query",
        "an array in one parameter",
        "code",
        lambda: _asking(_TEXTS, explode=False),
        ("query={\"a\": delimited(a, ',')}",),
    ),
    Case(
        "query",
        "an array between pipes",
        "code",
        lambda: _asking(_TEXTS, style="pipeDelimited", explode=False),
        ("query={\"a\": delimited(a, '|')}",),
    ),
    Case(
        "query",
        "an array between spaces",
        "code",
        lambda: _asking(_TEXTS, style="spaceDelimited"),
        ("query={\"a\": delimited(a, ' ')}",),
    ),
    Case(
        "query",
        "an object with one parameter for each field",
        "code",
        lambda: _asking({"type": "object", "properties": {"red": {"type": "integer"}}}, style="deepObject"),
        ('query={**deep_object("a", a)}', "a: A | Mapping[str, Any] | None = None"),
    ),
)
