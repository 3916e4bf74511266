"""Bodies and responses of unusual kinds."""

from __future__ import annotations

from typing import Any

from tests.codegen.support.cases.case import Case, Document, Outcome, api, operation, response

__all__ = ["CASES"]

_TEXT = {"type": "string"}


def _fields(**fields: Any) -> Document:
    return {"type": "object", "properties": fields}


_FIELDS = _fields(name=_TEXT)
_ALSO = "async def get_paint(self) -> GetPaintResponse:"
"""Every other operation is generated."""


def _sending(schema: Any, kind: str = "application/json", *, required: bool = True) -> Document:
    body = {"required": required, "content": {kind: {"schema": schema}}}
    return api({"/x": {"post": operation("postX", requestBody=body)}})


def _body(name: str, schema: Any, annotation: str, *, required: bool = True) -> Case:
    expected = (f"async def post_x(self, *, body: {annotation}) -> None:", "json=body", _ALSO)
    return Case("bodies", name, "code", lambda: _sending(schema, required=required), expected)


def _sent_as(kind: str, schema: Any, *expected: str, **rules: Any) -> Case:
    def document() -> Document:
        made = _sending(schema, kind)
        content = made["paths"]["/x"]["post"]["requestBody"]["content"]
        content[kind] |= rules
        return made

    name = f"of {kind}" + (f", {' and '.join(rules)}" if rules else "")
    return Case("bodies", name, "code", document, (*expected, _ALSO))


def _received_as(kind: str, outcome: Outcome, *expected: str, schema: Any = _FIELDS) -> Case:
    def document() -> Document:
        return api({"/x": {"get": {**operation("getX"), "responses": {"200": response(schema, kind)}}}})

    return Case("responses", f"of {kind}", outcome, document, (*expected, _ALSO))


def _with_responses(responses: Document) -> Document:
    return api({"/x": {"get": {**operation("getX"), "responses": responses}}})


_BINARY = {**_TEXT, "format": "binary"}
_FILES = {"type": "array", "items": _BINARY}
_FORM = {"type": "object", "required": ["file"], "properties": {"file": _BINARY, "files": _FILES, "name": _TEXT}}
_RETURNS = "async def get_x(self) -> {}:"
_EITHER = {"oneOf": [{"type": "object", "properties": {name: _TEXT}} for name in ("name", "template")]}

_RENAMED = _fields(**{"per-hour": {"type": "integer"}})


def _renamed(name: str, schema: Any, *expected: str) -> Case:
    return Case("bodies", name, "code", lambda: _sending(schema), (*expected, _ALSO))


CASES = (
    _renamed(
        "whose fields have objects with other keys than names",
        _fields(table=_RENAMED, tables={"type": "array", "items": _RENAMED}, other=_FIELDS),
        '"table": document_keys(table, models.PostXRequestTable)',
        '"tables": document_keys(tables, models.PostXRequestTable',
        '"other": other',
    ),
    _renamed(
        "that is an array of objects with other keys than names",
        {"type": "array", "items": _RENAMED},
        "json=document_keys(body, models.PostXRequest)",
    ),
    _renamed(
        "with a map of objects with other keys than names",
        _fields(tables={"type": "object", "additionalProperties": _RENAMED}, name=_TEXT),
        '"tables": tables',
    ),
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
    _sent_as("text/plain", _TEXT, "post_x(self, *, body: str) -> None:", 'content=text_body(body, "text/plain")'),
    _sent_as("application/xml", _FIELDS, "post_x(self, *, body: str) -> None:", "text_body(body, "),
    _sent_as(
        "application/octet-stream", _BINARY, "*, body: bytes) -> None:", 'bytes_body(body, "application/octet-stream")'
    ),
    _sent_as("image/png", {}, "*, body: bytes) -> None:", 'content=bytes_body(body, "image/png")'),
    _sent_as(
        "multipart/form-data",
        _FORM,
        "self, *, file: FileContent, name: str | None = None, files: Sequence[FileContent] | None = None) -> None:",
        'multipart_body({"file": checked_files("file", required("file", file)), '
        '"name": name, "files": checked_files("files", files)})',
    ),
    _sent_as(
        "multipart/form-data",
        _FORM,
        ', {"file": "image/png"})',
        encoding={"file": {"contentType": "image/png"}, "name": {"contentType": "text/*"}},
    ),
    _sent_as(
        "application/x-www-form-urlencoded",
        _FIELDS,
        "post_x(self, *, name: str | None = None) -> None:",
        'content=form_body({"name": name})',
    ),
    _sent_as(
        "application/x-www-form-urlencoded",
        {"type": "object", "properties": {"names": {"type": "array", "items": _TEXT}}},
        "form_body({\"names\": delimited(names, ',')})",
        encoding={"names": {"explode": False}},
    ),
    _sent_as(
        "application/merge-patch+json",
        _FIELDS,
        "post_x(self, *, name: str | Unset | None = UNSET) -> None:",
        'body={"name": name}, media="application/merge-patch+json", nullable=("name",)',
    ),
    _sent_as(
        "application/json-patch+json",
        {"type": "array", "items": _FIELDS},
        'json=body, media="application/json-patch+json"',
    ),
    Case(
        "bodies",
        "that are a form with a file, in OpenAPI 3.1",
        "code",
        lambda: {
            **_sending(_fields(file={**_TEXT, "contentMediaType": "image/png"}), "multipart/form-data"),
            "openapi": "3.1.0",
        },
        ('multipart_body({"file": checked_files("file", file)})',),
    ),
    Case(
        "bodies",
        "that are a form without fields",
        "note",
        lambda: _sending({"type": "object"}, "multipart/form-data"),
        ("POST /x is left out: body: a form without fields", _ALSO),
    ),
    Case(
        "bodies",
        "of something that is no media type",
        "note",
        lambda: _sending(_TEXT, "text/plain\r\nX: y"),
        ("POST /x is left out: body: 'text/plain\\r\\nX: y' is not a media type; call it with `request()`", _ALSO),
    ),
    _received_as("text/plain", "code", _RETURNS.format("str"), 'TEXT, path="/x", accept="text/plain"', schema=_TEXT),
    _received_as("text/csv", "code", _RETURNS.format("str"), 'accept="text/csv"', schema=_TEXT),
    _received_as("application/xml", "code", _RETURNS.format("str"), 'accept="application/xml"'),
    _received_as(
        "application/octet-stream", "code", _RETURNS.format("bytes"), ' bytes, path="/x", accept="', schema=_BINARY
    ),
    _received_as("text/html", "code", _RETURNS.format("bytes"), 'accept="text/html"', schema=_BINARY),
    _received_as("*/*", "code", _RETURNS.format("GetXResponse")),
    _received_as(
        "text/event-stream",
        "note",
        "GET /x is left out: 200: a body of text/event-stream does not end; call it with `stream()`",
    ),
    _received_as("application/vnd.circleci.v2+json", "code", "async def get_x(self) -> GetXResponse:"),
    _received_as("application/json; charset=utf-8", "code", "async def get_x(self) -> GetXResponse:"),
    Case(
        "responses",
        "of text with one status and of JSON with another",
        "code",
        lambda: _with_responses(
            {"200": response(_TEXT, "text/csv"), "202": response(_FIELDS), "204": {"description": ""}}
        ),
        (
            _RETURNS.format("str | GetXResponse | None"),
            "{200: TEXT, 202: models.GetXResponse, 204: NoneType}",
            'accept="text/csv, application/json"',
        ),
    ),
)
