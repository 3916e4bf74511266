"""Bodies and responses of unusual kinds."""

from __future__ import annotations

from typing import Any

from tests.codegen.support.cases.case import Case, Document, Outcome, api, operation, response

__all__ = ["CASES"]

_TEXT = {"type": "string"}
_FIELDS = {"type": "object", "properties": {"name": _TEXT}}
_ALSO = "async def get_paint(self) -> GetPaintResponse:"
"""Every other operation is generated."""


def _sending(schema: Any, kind: str = "application/json", *, required: bool = True) -> Document:
    body = {"required": required, "content": {kind: {"schema": schema}}}
    return api({"/x": {"post": operation("postX", requestBody=body)}})


def _body(name: str, schema: Any, annotation: str, *, required: bool = True) -> Case:
    expected = (f"async def post_x(self, *, body: {annotation}) -> None:", "json=body", _ALSO)
    return Case("bodies", name, "code", lambda: _sending(schema, required=required), expected)


def _sent_as(kind: str, schema: Any = _FIELDS) -> Case:
    note = f"POST /x is left out: body: a body of {kind} cannot be generated; call it with `request()`"
    return Case("bodies", f"of {kind}", "note", lambda: _sending(schema, kind), (note, _ALSO))


def _received_as(kind: str, outcome: Outcome, *expected: str, schema: Any = _FIELDS) -> Case:
    def document() -> Document:
        return api({"/x": {"get": {**operation("getX"), "responses": {"200": response(schema, kind)}}}})

    return Case("responses", f"of {kind}", outcome, document, (*expected, _ALSO))


def _left_out(kind: str) -> str:
    return f"GET /x is left out: 200: a body of {kind} cannot be generated; call it with `request()`"


_BINARY = {**_TEXT, "format": "binary"}
_EITHER = {"oneOf": [{"type": "object", "properties": {name: _TEXT}} for name in ("name", "template")]}

CASES = (
    _body("that is an array", {"type": "array", "items": _TEXT}, "Sequence[str]"),
    _body(
        "that is an array of objects", {"type": "array", "items": _FIELDS}, "Sequence[PostXRequest | Mapping[str, Any]]"
    ),
    _body("that is a map", {"type": "object", "additionalProperties": _TEXT}, "Mapping[str, str]"),
    _body("that is an object without fields", {"type": "object"}, "Mapping[str, Any]"),
    _body("that is one of two objects", _EITHER, "PostXRequestVariant1 | PostXRequestVariant2 | Mapping[str, Any]"),
    _body("of any kind", {}, "Any"),
    _body("that is a string", _TEXT, "str"),
    _body(
        "that is an optional array", {"type": "array", "items": _TEXT}, "Sequence[str] | Unset = UNSET", required=False
    ),
    _sent_as("text/plain", _TEXT),
    _sent_as("application/octet-stream", _BINARY),
    _sent_as("multipart/form-data", {"type": "object", "properties": {"file": _BINARY}}),
    _sent_as("application/x-www-form-urlencoded"),
    _sent_as("application/merge-patch+json"),
    _received_as("text/plain", "note", _left_out("text/plain"), schema=_TEXT),
    _received_as("text/csv", "note", _left_out("text/csv"), schema=_TEXT),
    _received_as("application/octet-stream", "note", _left_out("application/octet-stream"), schema=_BINARY),
    _received_as("application/vnd.circleci.v2+json", "code", "async def get_x(self) -> GetXResponse:"),
    _received_as("application/json; charset=utf-8", "code", "async def get_x(self) -> GetXResponse:"),
)
