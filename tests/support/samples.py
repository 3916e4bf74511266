"""Sample values of a schema of openapi.json, with every field present."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["sample"]

_TEXTS = {
    "uuid": "5034460f-c7c4-4c43-9457-de07e2029e7b",
    "date-time": "2026-01-31T12:00:00Z",
    "uri": "https://example.com/file",
}


def sample(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
    """A value that the schema allows, with every field of every object."""
    if "$ref" in schema:
        return sample(document, _look_up(document, schema["$ref"]))
    for key in ("allOf", "oneOf", "anyOf"):
        if key in schema and "properties" not in schema:
            return sample(document, schema[key][0])
    return schema["enum"][0] if "enum" in schema else _by_type(document, schema)


def _look_up(document: Mapping[str, Any], pointer: str) -> Any:
    found: Any = document
    for part in pointer[2:].split("/"):
        found = found[part]
    return found


def _by_type(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
    match schema.get("type"):
        case "array":
            return [sample(document, schema["items"])]
        case "object":
            if "properties" in schema:
                return {name: sample(document, field) for name, field in schema["properties"].items()}
            return {"key": sample(document, schema.get("additionalProperties", {"type": "string"}))}
        case "integer":
            return 7
        case "number":
            return 0.5
        case "boolean":
            return True
        case _:
            return _TEXTS.get(schema.get("format", ""), "text")
