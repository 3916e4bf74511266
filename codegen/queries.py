"""Look things up in a document in normal form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from circleci_v2._wire.json import is_array, is_object
from codegen.documents import Document

__all__ = [
    "body_schema_of",
    "component_of",
    "fields_of_schema",
    "media_of",
    "operations_of",
    "parameter_schema_of",
    "reachable_schemas",
    "references_in",
    "with_parameter_schema",
    "without_operations",
]

_SCHEMAS = "#/components/schemas/"


def operations_of(document: Document) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield method, path and content of every operation, in the document's order."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def media_of(holder: Mapping[str, Any]) -> str:
    """Return the media type of a request body, response or parameter, of which there is one; empty if it has none."""
    return next(iter(holder.get("content", {})), "")


def body_schema_of(holder: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema of a request body or response, or an empty one if it has none."""
    schema: Mapping[str, Any] = holder.get("content", {}).get(media_of(holder), {}).get("schema", {})
    return schema


def parameter_schema_of(parameter: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema of a parameter, whether its value is encoded in a style or as a media type."""
    schema: Mapping[str, Any] = parameter.get("schema") or body_schema_of(parameter)
    return schema


def with_parameter_schema(parameter: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a parameter with another schema, in the place where `parameter_schema_of` finds it."""
    media = media_of(parameter)
    return {**parameter, **({"content": {media: {"schema": schema}}} if media else {"schema": schema})}


def component_of(value: Mapping[str, Any]) -> str:
    """Return the name of the component that a reference points to, or an empty string if it is not a reference."""
    return str(value.get("$ref", "")).rsplit("/", 1)[-1]


def fields_of_schema(document: Document, component: str) -> Mapping[str, Any]:
    """Return the fields of a schema component; empty if the component does not exist."""
    fields: Mapping[str, Any] = document["components"]["schemas"].get(component, {}).get("properties", {})
    return fields


def references_in(value: Any) -> Iterator[str]:
    """Yield the schema component behind every reference in any part of a document, in order, with repetitions."""
    if is_array(value):
        for item in value:
            yield from references_in(item)
    elif is_object(value):
        pointer = value.get("$ref")
        if isinstance(pointer, str) and pointer.startswith(_SCHEMAS):
            yield component_of(value)
        for item in value.values():
            yield from references_in(item)


def reachable_schemas(components: Mapping[str, Any], roots: Any) -> dict[str, Any]:
    """Return the schema components that a part of a document refers to, directly or indirectly, by name."""
    found: set[str] = set()
    pending = list(references_in(roots))
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending.extend(references_in(components.get(name, {})))
    return {name: components[name] for name in sorted(found) if name in components}


def without_operations(document: Document, places: Iterable[tuple[str, str]]) -> Document:
    """Return a document without some operations, each given by path and method, and without what only they refer to."""
    gone = set(places)
    paths = {
        path: kept
        for path, item in document["paths"].items()
        if (kept := {method: operation for method, operation in item.items() if (path, method) not in gone})
    }
    components = document["components"]
    shared = [part for kind, part in components.items() if kind != "schemas"]
    schemas = reachable_schemas(components["schemas"], [paths, shared])
    return {**document, "paths": paths, "components": {**components, "schemas": schemas}}
