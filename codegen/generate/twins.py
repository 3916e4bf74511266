"""Prepare a document for the generator's parser, which knows fewer media types and has no names for all values."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from openapi_python_client import strings

from circleci_v2._wire.json import is_array, is_object
from codegen.documents import Document
from codegen.generate.rendering import attribute
from codegen.media import JSON, kind_of
from codegen.queries import body_schema_of, component_of, media_of, operations_of, parameter_schema_of

__all__ = ["describe_as_json", "drop_twins", "name_members", "read_binary_as_text"]


def describe_as_json(operation: dict[str, Any]) -> None:
    """Describe forms and parameters as JSON, and remove other bodies that are not JSON, in place; the views know them."""
    body = operation.get("requestBody", {})
    schema = body_schema_of(body)
    if kind_of(media_of(body), schema) in ("json", "form", "multipart"):
        operation["requestBody"] = {**body, "content": {JSON: {"schema": schema}}}
    elif body:
        del operation["requestBody"]
    for index, parameter in enumerate(operation["parameters"]):
        if "content" in parameter:
            plain = {key: value for key, value in parameter.items() if key != "content"}
            operation["parameters"][index] = {**plain, "schema": parameter_schema_of(parameter)}
    for response in operation["responses"].values():
        if media_of(response) != JSON:
            response.pop("content", None)


def drop_twins(document: Document) -> Iterator[str]:
    """Remove all but the first of the fields with one Python name, in place, and yield a note for each.

    Of a body, nothing is removed: its fields become arguments, which get names of their own.
    """
    bodies = {component_of(body_schema_of(o.get("requestBody", {}))) for _, _, o in operations_of(document)}
    for name, schema in document["components"]["schemas"].items():
        if is_object(schema.get("properties")) and name not in bodies:
            first: dict[str, str] = {}
            for key in list(schema["properties"]):
                known = first.setdefault(attribute(key), key)
                if known != key:
                    del schema["properties"][key]
                    schema["required"] = [field for field in schema.get("required", ()) if field != key]
                    yield (
                        f"schema {name}: {known!r} and {key!r} would both be called {attribute(key)} in Python; the field "
                        f"is {known!r}, and {key!r} is in `additional_properties`"
                    )
            if not schema.get("required", True):
                del schema["required"]


def name_members(document: Document) -> Iterator[str]:
    """Give every value of an enum a name of its own where two would be the same in Python, in place; yield a note for each."""
    for name, schema in document["components"]["schemas"].items():
        values: list[str] = schema.get("enum", [])
        members: dict[str, str] = {}
        for index, value in enumerate(values):
            plain = _member(value, index)
            member = next(m for m in _numbered(plain) if m not in members)
            members[member] = value
            if member != plain:
                yield (
                    f"schema {name}: the values {members[plain]!r} and {value!r} would both be called {plain} in Python; "
                    f"the second is called {member}"
                )
        if any(_member(value, index) != member for index, (member, value) in enumerate(members.items())):
            schema["x-enum-varnames"] = list(members)


def _member(value: str, index: int) -> str:
    """The name that openapi-python-client gives to a value."""
    return strings.snake_case(value.upper()).upper() if value[:1].isalpha() else f"VALUE_{index}"


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}_{number}" for number in count(2))


def read_binary_as_text(document: Document) -> None:
    """Remove ``format: binary`` from schemas, in place: inside JSON, such a value is a string; in a form it is a file."""
    bodies = [operation.get("requestBody", {}) for _, _, operation in operations_of(document)]
    forms = {component_of(body_schema_of(body)) for body in bodies if kind_of(media_of(body), {}) == "multipart"}
    for name, schema in document["components"]["schemas"].items():
        if name not in forms:
            _read_as_text(schema)


def _read_as_text(value: Any) -> None:
    if is_array(value):
        for item in value:
            _read_as_text(item)
    elif is_object(value):
        if value.get("type") == "string" and value.get("format") == "binary":
            del value["format"]
        for item in value.values():
            _read_as_text(item)
