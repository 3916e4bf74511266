"""Remove everything from a document in normal form that is not a fact about the API."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from circleci_v2._wire.json import is_object
from codegen.documents import Document
from codegen.queries import component_of, operations_of, parameter_schema_of, with_parameter_schema
from codegen.schemas import DOC_KEYS, Schema, unwrap_reference

__all__ = ["inline_parameters", "strip_docs"]


def strip_docs(document: Document) -> Document:
    """Return the servers, security, paths and components of a document without descriptions, summaries and examples.

    Two documents that describe the same API are then equal. Parameters are inlined, because which of them are shared depends on
    their descriptions.
    """
    plain = inline_parameters(document)
    for _, _, operation in operations_of(plain):
        for key in DOC_KEYS:
            operation.pop(key, None)
        operation["parameters"] = [_strip_parameter(parameter) for parameter in operation["parameters"]]
        _strip_bodies(operation)
    components = plain["components"]
    components["schemas"] = {name: _strip_schema(schema) for name, schema in components["schemas"].items()}
    for response in components.get("responses", {}).values():
        response["description"] = ""
    schemes = components.get("securitySchemes", {})
    components["securitySchemes"] = {name: _without(DOC_KEYS, scheme) for name, scheme in schemes.items()}
    return {
        "servers": sorted(str(server.get("url")) for server in plain.get("servers", ())),
        "security": sorted(map(str, plain.get("security", ()))),
        "paths": plain["paths"],
        "components": components,
    }


def inline_parameters(document: Document) -> Document:
    """Return a copy in which every operation contains its parameters instead of references to them."""
    result = copy.deepcopy(document)
    shared = result["components"].pop("parameters", {})
    for _, _, operation in operations_of(result):
        operation["parameters"] = [
            copy.deepcopy(shared[component_of(parameter)]) if "$ref" in parameter else parameter
            for parameter in operation["parameters"]
        ]
    return result


def _strip_parameter(parameter: Schema) -> Schema:
    return with_parameter_schema(_without(DOC_KEYS, parameter), _strip_schema(parameter_schema_of(parameter)))


def _strip_bodies(operation: Schema) -> None:
    holders = [*operation["responses"].values(), *([operation["requestBody"]] if "requestBody" in operation else [])]
    for holder in holders:
        holder.pop("description", None)
        for media in holder.get("content", {}).values():
            media["schema"] = _strip_schema(media["schema"])


def _strip_schema(schema: Any) -> Any:
    return _map_schema(schema, lambda node: dict(unwrap_reference(_without(DOC_KEYS, node))))


def _map_schema(schema: Any, change: Callable[[Schema], Schema]) -> Any:
    """Apply a change to every schema inside a schema, and then to the schema itself.

    Descends by keyword, because a field may have any name, ``description`` included.
    """
    if not is_object(schema):
        return schema
    result: Schema = {}
    for key, value in schema.items():
        if key == "properties":
            result[key] = {name: _map_schema(field, change) for name, field in value.items()}
        elif key in ("allOf", "anyOf", "oneOf"):
            result[key] = [_map_schema(member, change) for member in value]
        elif key in ("items", "additionalProperties"):
            result[key] = _map_schema(value, change)
        else:
            result[key] = value
    return change(result)


def _without(keys: frozenset[str], value: Mapping[str, Any]) -> Schema:
    return {key: inner for key, inner in value.items() if key not in keys}
