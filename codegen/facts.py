"""A document in normal form as facts alone: no words, and no trace of what is shared because its words are the same."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from circleci_v2._wire.json import is_object
from codegen.documents import Document
from codegen.reading import component_of, operations_of
from codegen.schemas import WORDS, Schema, unwrapped

__all__ = ["facts_of", "map_schema", "with_own_parameters", "without_words"]


def facts_of(document: Document) -> Document:
    """Paths, schemas and the rest of a document in normal form, without a word; two documents of the same facts are equal."""
    plain = with_own_parameters(document)
    for _, _, operation in operations_of(plain):
        for key in WORDS:
            operation.pop(key, None)
        operation["parameters"] = [_parameter_facts(parameter) for parameter in operation["parameters"]]
        _describe_nothing(operation)
    components = plain["components"]
    components["schemas"] = {name: without_words(schema) for name, schema in components["schemas"].items()}
    for response in components.get("responses", {}).values():
        response["description"] = ""
    schemes = components.get("securitySchemes", {})
    components["securitySchemes"] = {name: _without(WORDS, scheme) for name, scheme in schemes.items()}
    return {
        "servers": sorted(str(server.get("url")) for server in plain.get("servers", ())),
        "security": sorted(map(str, plain.get("security", ()))),
        "paths": plain["paths"],
        "components": components,
    }


def with_own_parameters(document: Document) -> Document:
    """A copy in which every operation holds its parameters itself."""
    result = copy.deepcopy(document)
    shared = result["components"].pop("parameters", {})
    for _, _, operation in operations_of(result):
        operation["parameters"] = [
            copy.deepcopy(shared[component_of(parameter)]) if "$ref" in parameter else parameter
            for parameter in operation["parameters"]
        ]
    return result


def without_words(schema: Any) -> Any:
    """A schema without what it says to people."""
    return map_schema(schema, lambda node: dict(unwrapped(_without(WORDS, node))))


def map_schema(schema: Any, change: Callable[[Schema], Schema]) -> Any:
    """A schema with every schema inside it, and then itself, changed; fields may be called anything."""
    if not is_object(schema):
        return schema
    result: Schema = {}
    for key, value in schema.items():
        if key == "properties":
            result[key] = {name: map_schema(field, change) for name, field in value.items()}
        elif key in ("allOf", "anyOf", "oneOf"):
            result[key] = [map_schema(arm, change) for arm in value]
        elif key in ("items", "additionalProperties"):
            result[key] = map_schema(value, change)
        else:
            result[key] = value
    return change(result)


def _parameter_facts(parameter: Schema) -> Schema:
    return {**_without(WORDS, parameter), "schema": without_words(parameter["schema"])}


def _describe_nothing(operation: Schema) -> None:
    holders = [*operation["responses"].values(), *([operation["requestBody"]] if "requestBody" in operation else [])]
    for holder in holders:
        holder.pop("description", None)
        for media in holder.get("content", {}).values():
            media["schema"] = without_words(media["schema"])


def _without(keys: frozenset[str], value: Mapping[str, Any]) -> Schema:
    return {key: inner for key, inner in value.items() if key not in keys}
