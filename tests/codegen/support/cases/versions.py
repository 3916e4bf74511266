"""Documents of OpenAPI 3.1, and their keywords in documents of 3.0."""

from __future__ import annotations

from typing import Any

from tests.codegen.support.cases.case import Case, api, operation

__all__ = ["CASES"]

_TEXT = {"type": "string"}
_REFERENCE = {"$ref": "#/components/schemas/Shade"}
_SHADES = {"schemas": {"Shade": {"type": "object", "properties": {"depth": {"type": "integer"}}}}}


def _modern(name: str, schema: Any, *expected: str) -> Case:
    paths = {"/x": {"get": operation("getX", {"type": "object", "properties": {"color": schema}})}}
    return Case("OpenAPI 3.1", name, "code", lambda: api(paths, version="3.1.0", components=_SHADES), expected)


def _foreign(keyword: str, schema: Any) -> Case:
    paths = {"/x": {"get": operation("getX", {"type": "object", "properties": {"color": schema}})}}
    return Case("OpenAPI 3.1", f"{keyword} in a document of 3.0", "refusal", lambda: api(paths), ("paths//x/get",))


CASES = (
    _modern("null in a list of types", {"type": ["string", "null"]}, "color: str | None = None"),
    _modern("several types", {"type": ["string", "integer", "null"]}, "color: str | int | None = None"),
    _modern("a reference or null", {"anyOf": [_REFERENCE, {"type": "null"}]}, "color: GetXResponseColor | None = None"),
    _modern("a description next to a reference", {**_REFERENCE, "description": "Dark."}, '"""Dark."""'),
    _modern("a constant", {"const": "red"}, "color: GetXResponseColor | None = None", 'RED = "red"'),
    _modern("a constant number", {"const": 7}, "color: int | None = None"),
    _modern("an exclusive bound", {"type": "number", "exclusiveMinimum": 0}, "color: float | None = None"),
    _modern("fields by pattern", {"patternProperties": {"^x": _TEXT}}, "color: dict[str, str] | None = None"),
    _modern("examples", {**_TEXT, "examples": ["red"]}, "color: str | None = None"),
    _modern("a tuple", {"type": "array", "prefixItems": [_TEXT]}, "color: list[str] | None = None"),
    _foreign("a list of types", {"type": ["string", "null"]}),
    _foreign("const", {"const": "red"}),
    _foreign("a numeric exclusiveMinimum", {"type": "number", "exclusiveMinimum": 0}),
)
