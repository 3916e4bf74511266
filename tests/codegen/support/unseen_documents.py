"""Documents in shapes that the project had not seen: of 2020 and 2021, a third party's copy in YAML, OpenAPI 3.1.

They are made from openapi.json, so that no text of CircleCI's is needed.
"""

from __future__ import annotations

import copy
from typing import Any

import yaml

from codegen.names import snake_case
from codegen.queries import operations_of
from codegen.schemas import resolve_pointer, unwrap_reference
from tests.codegen.support.documents import copy_of_ours

__all__ = ["HEADERS", "document_of_2020", "inlined", "modern_document", "reemitted_as_yaml"]

HEADERS = ("x-attribution-login", "x-attribution-actor-id")
_LATER_TAGS = frozenset({"Schedule", "Webhook", "OIDC Token Management", "Policy Management", "Context"})
_FIELDS_THAT_CAME_LATER = {"FlakyTest": "workflow-created-at", "WorkflowRun": "branch"}
_OPERATIONS = 40


def inlined(document: dict[str, Any], value: Any = None, above: tuple[str, ...] = ()) -> Any:
    """A copy in which every reference is replaced by its target; the same target is the same Python object."""
    cache: dict[str, Any] = {}

    def expanded(part: Any, above: tuple[str, ...]) -> Any:
        if isinstance(part, list):
            return [expanded(item, above) for item in part]
        if not isinstance(part, dict):
            return part
        plain = dict(unwrap_reference(part))
        pointer = plain.pop("$ref", None)
        if not isinstance(pointer, str):
            return {key: expanded(item, above) for key, item in part.items()}
        assert pointer not in above, f"{pointer} leads back to itself"
        if pointer not in cache:
            cache[pointer] = expanded(resolve_pointer(document, pointer, pointer), (*above, pointer))
        return {**cache[pointer], **plain} if plain else cache[pointer]

    return {**document, "paths": expanded(document["paths"], above), "components": {**_without_schemas(document)}}


def _without_schemas(document: dict[str, Any]) -> dict[str, Any]:
    return {"securitySchemes": document["components"]["securitySchemes"]}


def document_of_2020() -> dict[str, Any]:
    """40 operations with inline schemas, placeholders in snake_case, attribution headers, no schedules and no webhooks."""
    document = copy_of_ours()
    for model, field in _FIELDS_THAT_CAME_LATER.items():
        document["components"]["schemas"][model]["properties"].pop(field)
    document = copy.deepcopy(inlined(document))
    paths: dict[str, Any] = {}
    count = 0
    for method, path, operation in operations_of(document):
        if _LATER_TAGS & set(operation["tags"]) or "/time-series/" in path or count == _OPERATIONS:
            continue
        count += 1
        for parameter in operation["parameters"]:
            if parameter["in"] == "path":
                parameter["name"] = snake_case(parameter["name"])
        header = {"in": "header", "schema": {"type": "string"}}
        operation["parameters"] += [{**header, "name": name} for name in HEADERS]
        paths.setdefault(_with_snake_case(path), {})[method] = operation
    return {**document, "paths": paths}


def _with_snake_case(path: str) -> str:
    parts = path.split("/")
    return "/".join(f"{{{snake_case(part[1:-1])}}}" if part.startswith("{") else part for part in parts)


class _Dumper(yaml.SafeDumper):
    """Writes times without quotes, as most tools for YAML 1.2 do."""


_Dumper.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeDumper.yaml_implicit_resolvers.items()
}


def reemitted_as_yaml() -> str:
    """Our document as a third party might publish it: hoisted schemas, anchors, renamed operations, no descriptions."""
    document = inlined(copy_of_ours())
    hoisted: dict[str, Any] = {}
    example = {"2026-01-31": "2026-01-31T12:00:00Z"}

    def hoist(part: Any) -> Any:
        if isinstance(part, list):
            return [hoist(item) for item in part]
        if not isinstance(part, dict):
            return part
        changed = {key: hoist(item) for key, item in part.items()}
        if part.get("type") == "object" and "properties" in part:
            name = f"Schema{len(hoisted) + 1}"
            hoisted[name] = {**changed, "example": example}
            return {"$ref": f"#/components/schemas/{name}"}
        return changed

    for _, _, operation in operations_of(document):
        for response in operation["responses"].values():
            response.pop("description", None)
    document["paths"] = hoist(document["paths"])
    for number, (_, _, operation) in enumerate(operations_of(document)):
        operation["operationId"] = f"operation-{number}"
    document["components"]["schemas"] = hoisted
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False)


def _modern(schema: Any) -> Any:
    """A schema in the words of OpenAPI 3.1."""
    if not isinstance(schema, dict):
        return schema
    result: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "properties":
            result[key] = {name: _modern(field) for name, field in value.items()}
        elif key in {"allOf", "anyOf", "oneOf"}:
            result[key] = [_modern(member) for member in value]
        elif key == "example":
            result["examples"] = [value]
        else:
            result[key] = _modern(value) if key in {"items", "additionalProperties"} else value
    if [*result.get("allOf", ())][:1] and set(result["allOf"][0]) == {"$ref"}:
        result |= result.pop("allOf")[0]
    return _without_nullable(result)


def _without_nullable(schema: dict[str, Any]) -> dict[str, Any]:
    if not schema.pop("nullable", False):
        return schema
    if "type" in schema:
        null = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
        return {**schema, "type": [schema["type"], "null"], **null}
    if "$ref" in schema:
        return {"anyOf": [{"$ref": schema.pop("$ref")}, {"type": "null"}], **schema}
    key = next(key for key in ("anyOf", "oneOf") if key in schema)
    return {**schema, key: [*schema[key], {"type": "null"}]}


def modern_document(document: dict[str, Any]) -> dict[str, Any]:
    """A document in the words of OpenAPI 3.1, with a part that only 3.1 has."""

    def rewritten(value: Any) -> Any:
        if isinstance(value, list):
            return [rewritten(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {key: _modern(item) if key == "schema" else rewritten(item) for key, item in value.items()}

    schemas = {name: _modern(schema) for name, schema in document["components"].get("schemas", {}).items()}
    result = rewritten({**document, "openapi": "3.1.0", "webhooks": {}})
    return {**result, "components": {**result["components"], "schemas": schemas}}
