"""Routes of operations without a handler of their own: their responses are made from the schemas of the OpenAPI document.

An operation that was just added to the document can thus be called before it has a handler. Such a route has
no state: it returns the same values for the same request. Fields that have the name of a field of the request body or of a
path parameter take its value, and a list has one page with one item.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from circleci_v2._wire.json import is_array, is_object
from circleci_v2.testing.clock import rfc3339
from circleci_v2.testing.messages import FakeRequest, FakeResponse
from circleci_v2.testing.routes import Route, Routes
from circleci_v2.testing.specification import OperationDescription, Specification
from circleci_v2.testing.state import FakeState

__all__ = ["routes_of"]

_NEXT_PAGE: Final = "next_page_token"
_PAGE_PARAMETERS: Final = ("page-token", "offset")
_IMPOSSIBLE: Final = object()
"""The example of a schema that contains itself."""

_FORMATS: Final[Mapping[str, Callable[[str], str]]] = {
    "byte": lambda name: b64encode(name.encode()).decode(),
    "email": lambda name: f"{name}@example.com",
    "hostname": lambda name: f"{name}.example.com".replace("_", "-"),
    "ipv4": lambda _: "192.0.2.1",
    "ipv6": lambda _: "2001:db8::1",
    "uri": lambda name: f"https://example.com/{name}",
}


def routes_of(specification: Specification, handlers: Iterable[Route]) -> Routes:
    """Return one route for each operation of a document.

    Args:
        specification: The document.
        handlers: The routes of the operations that have a handler; those of other documents are left out.
    """
    known = {(route.method, route.template): route for route in handlers}
    return Routes(
        known.get(key) or Route(*key, partial(_respond, specification[key], " ".join(key))) for key in specification
    )


def _respond(described: OperationDescription, operation: str, state: FakeState, request: FakeRequest) -> FakeResponse:
    status, content_type, schema = described.success
    if schema is None:
        return FakeResponse(status)
    examples = _Examples(described, operation, state, request)
    value = examples.of_response(schema)
    if content_type.endswith("json"):
        if violations := described.violations(schema, value):
            return _not_possible(described, operation, violations)
        content = json.dumps(value, separators=(",", ":"))
        content_type = f"{content_type};charset=utf-8"
    else:
        content = value if isinstance(value, str) else operation
    return FakeResponse(status, content.encode(), {"content-type": content_type})


def _not_possible(described: OperationDescription, operation: str, violations: list[str]) -> FakeResponse:
    message = (
        f"The fake cannot make a response for {operation} that its schema allows ({'; '.join(violations)}); add an "
        "`example` to the schema in openapi.json, or a handler in circleci_v2/testing/routes."
    )
    return FakeResponse.json({described.error_key: message}, HTTPStatus.NOT_IMPLEMENTED)


class _Examples:
    """Makes values that the schemas of a response allow.

    Args:
        described: The operation; checks values and resolves references.
        operation: Its method and path template, from which identifiers are derived.
        state: The state of the fake, for the current time.
        request: The request, whose values are repeated in the response.
    """

    def __init__(self, described: OperationDescription, operation: str, state: FakeState, request: FakeRequest) -> None:
        self._described = described
        self._operation = operation
        self._now = rfc3339(state.now())
        self._sent = dict(_values_of(request))
        self._is_past_end = any(request.query_value(name) not in {None, "", "0"} for name in _PAGE_PARAMETERS)

    def of_response(self, schema: Mapping[str, Any]) -> Any:
        """Return a response body: an object takes values of the request, and a list ends after the first page."""
        value = self._of(schema, "value", ())
        if is_array(value):
            return [] if self._is_past_end else value
        if not is_object(value):
            return value
        fields = self._described.fields_of(schema)
        for name, field in fields.items():
            sent = self._sent.get(_plain(name))
            if sent is not None and self._described.accepts(field, sent):
                value[name] = sent
        if _NEXT_PAGE in value:
            if self._described.accepts(fields[_NEXT_PAGE], None):
                value[_NEXT_PAGE] = None
            else:
                value[_NEXT_PAGE] = ""
            value |= {name: [] for name, item in value.items() if self._is_past_end and is_array(item)}
        return value

    def _of(self, schema: Mapping[str, Any], name: str, above: tuple[int, ...]) -> Any:
        schema = self._described.resolve(schema)
        if "example" in schema:
            return schema["example"]
        if id(schema) in above:
            return _IMPOSSIBLE
        return self._of_kind(schema, name, (*above, id(schema)))

    def _of_kind(self, schema: Mapping[str, Any], name: str, above: tuple[int, ...]) -> Any:
        if values := [value for value in schema.get("enum", ()) if value is not None]:
            return values[0]
        if "allOf" in schema:
            return self._merged(schema, name, above)
        if (variants := schema.get("oneOf") or schema.get("anyOf")) and "properties" not in schema:
            values = [self._of(variant, name, above) for variant in variants]
            return next((value for value in values if self._is_allowed(schema, value)), values[0])
        return self._of_type(schema, name, above)

    def _merged(self, schema: Mapping[str, Any], name: str, above: tuple[int, ...]) -> Any:
        values = [self._of(member, name, above) for member in schema["allOf"]]
        if "properties" in schema:
            values.append(self._object(schema, above))
        merged: dict[str, Any] = {}
        for value in values:
            if not is_object(value):
                return value
            merged |= value
        return merged

    def _of_type(self, schema: Mapping[str, Any], name: str, above: tuple[int, ...]) -> Any:
        match schema.get("type"):
            case "array":
                return self._array(schema, name, above)
            case "integer" | "number":
                return self._first_allowed(schema, _numbers(schema))
            case "boolean":
                return True
            case "string":
                return self._text(schema, name)
            case None if "properties" not in schema and "additionalProperties" not in schema:
                return name
            case _:
                return self._object(schema, above)

    def _object(self, schema: Mapping[str, Any], above: tuple[int, ...]) -> Any:
        value: dict[str, Any] = {}
        for name, field in schema.get("properties", {}).items():
            item = self._of(field, _plain(name), above)
            if item is not _IMPOSSIBLE and (name in schema.get("required", ()) or self._is_allowed(field, item)):
                value[name] = item
        extra = schema.get("additionalProperties")
        if not value and is_object(extra):
            item = self._of(extra, "value", above)
            return {} if item is _IMPOSSIBLE else {"key": item}
        return value

    def _array(self, schema: Mapping[str, Any], name: str, above: tuple[int, ...]) -> Any:
        count = min(max(1, schema.get("minItems", 1)), schema.get("maxItems", 1_000))
        names = [name, *(f"{name}{number}" for number in range(2, count + 1))][:count]
        items = [self._of(schema.get("items", {}), each, above) for each in names]
        return [item for item in items if item is not _IMPOSSIBLE]

    def _text(self, schema: Mapping[str, Any], name: str) -> str:
        match schema.get("format"):
            case "uuid":
                digest = hashlib.blake2s(f"{self._operation} {name}".encode(), digest_size=16).digest()
                return str(UUID(bytes=digest, version=4))
            case "date-time":
                return self._now
            case "date":
                return self._now.partition("T")[0]
            case kind:
                text = _FORMATS.get(str(kind), str)(name)
                return text.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength")]

    def _first_allowed(self, schema: Mapping[str, Any], values: list[Any]) -> Any:
        return next((value for value in values if self._described.accepts(schema, value)), values[0])

    def _is_allowed(self, schema: Mapping[str, Any], value: Any) -> bool:
        return value is not _IMPOSSIBLE and self._described.accepts(schema, value)


def _numbers(schema: Mapping[str, Any]) -> list[float]:
    """Return candidates for a number: 1, and the bounds with their neighbours."""
    step = schema.get("multipleOf", 1)
    low, high = schema.get("minimum", 0), schema.get("maximum", schema.get("minimum", 0))
    return [1, step, low, low + 1, low + step, high, high - 1, high - step, (low + high) / 2]


def _values_of(request: FakeRequest) -> Iterator[tuple[str, Any]]:
    """Yield what a request sends by name: the parameters of the path, then the fields of a JSON body.

    The last parameter of a path such as ``/color/{color-id}`` is also the ``id`` of the resource.
    """
    *_, last = request.route.split("/")
    if last.lower().endswith("id}"):
        yield "id", request.path_params[last.strip("{}")]
    yield from ((_plain(name), value) for name, value in request.path_params.items())
    try:
        body = json.loads(request.body or b"{}")
    except ValueError:
        return  # a body of another format
    if is_object(body):
        yield from ((_plain(name), value) for name, value in body.items())


def _plain(name: str) -> str:
    return name.replace("-", "_")
