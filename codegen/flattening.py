"""Schemas of the vendor's dialect made plain OpenAPI 3.0: references followed, allOf merged, lists of types made unions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from circleci_v2._wire.json import is_array, is_object
from codegen.errors import SpecError
from codegen.schemas import WORDS, Schema, resolve_pointer

__all__ = [
    "DEEPEST_NESTING",
    "UNION_KEYS",
    "is_enum",
    "merge_all_of",
    "plain_value",
    "resolve",
    "union_variants",
    "with_site",
]

DEEPEST_NESTING = 60
"""How deeply schemas may be nested before it is taken for a circle."""

UNION_KEYS = ("oneOf", "anyOf")

_SITE_KEYS = frozenset({"description", "nullable", "deprecated", "example", "default"})
_KEYS_BESIDE = _SITE_KEYS | WORDS | {"allOf", "type", "title", "readOnly", "writeOnly"}
"""What may stand beside a reference without making another schema of it."""


def resolve(document: Mapping[str, Any], schema: Any, where: str) -> tuple[Schema, Schema]:
    """The schema behind references and one-armed allOfs, and what is said of this place rather than of it."""
    site: Schema = {}
    seen: set[str] = set()
    while True:
        if schema is True:
            schema = {}
        if not is_object(schema):
            msg = f"{where}: expected a schema, found {schema!r}"
            raise SpecError(msg)
        if _is_wrapped_reference(schema):
            site = {**_site(schema), **site}
            schema = schema["allOf"][0]
        if "$ref" not in schema:
            return schema, site
        pointer = schema["$ref"]
        if pointer in seen:
            msg = f"{where}: $ref {pointer!r} leads back to itself"
            raise SpecError(msg)
        seen.add(pointer)
        schema = resolve_pointer(document, pointer, where)


def _is_wrapped_reference(schema: Schema) -> bool:
    """Whether a reference stands in an allOf only because something is said beside it; what adds fields extends it."""
    arms = schema.get("allOf")
    if not is_array(arms) or len(arms) != 1 or not is_object(arms[0]) or "$ref" not in arms[0]:
        return False
    return all(key in _KEYS_BESIDE or key.startswith("x-") for key in schema)


def _site(schema: Schema) -> Schema:
    said = {key: value for key, value in schema.items() if key in _SITE_KEYS}
    return {**said, "nullable": True} if schema.get("x-nullable") else said


def merge_all_of(document: Mapping[str, Any], schema: Schema, where: str, depth: int = 0) -> Schema:
    """One flat schema out of an allOf, in the vendor's dialect made plain OpenAPI 3.0."""
    merged = {
        key: value for key, value in schema.items() if key != "allOf" and not key.startswith("x-") and key != "title"
    }
    if schema.get("x-nullable"):
        merged["nullable"] = True
    if depth > DEEPEST_NESTING:
        msg = f"{where}: allOf is nested more than {DEEPEST_NESTING} deep, or leads back to itself"
        raise SpecError(msg)
    for arm in schema.get("allOf", ()):
        resolved, _ = resolve(document, arm, where)
        part = merge_all_of(document, resolved, where, depth + 1)
        merged["properties"] = {**merged.get("properties", {}), **part.get("properties", {})}
        merged["required"] = [*merged.get("required", ()), *part.get("required", ())]
        merged = {**{k: v for k, v in part.items() if k not in {"properties", "required"}}, **merged}
        merged = {k: v for k, v in merged.items() if k not in {"properties", "required"} or v}
    return _modern_types_made_plain(merged)


def _modern_types_made_plain(schema: Schema) -> Schema:
    """OpenAPI 3.1 writes nullable as a list of types."""
    types = schema.get("type")
    if not is_array(types):
        return schema
    rest = [kind for kind in types if kind != "null"]
    base = {key: value for key, value in schema.items() if key != "type"}
    null = {"nullable": True} if "null" in types else {}
    return (
        {**base, "type": rest[0], **null}
        if len(rest) == 1
        else {**base, "anyOf": [{"type": kind} for kind in rest], **null}
    )


def plain_value(schema: Schema) -> Schema:
    """A schema of one value: formats that only repeat the type, and enums of anything but strings, say nothing."""
    return {
        key: value
        for key, value in schema.items()
        if not (key == "format" and value == schema.get("type"))
        and key not in {"enum", "required", "additionalProperties"}
        and value is not False
    }


def is_enum(schema: Schema) -> bool:
    """Whether the schema lists strings, and nothing else than strings and null."""
    values = [value for value in schema.get("enum", ()) if value is not None]
    return bool(values) and all(isinstance(value, str) for value in values)


def union_variants(schema: Schema) -> Sequence[Any]:
    """The arms of a union, null left out; none where the union only says which fields go together."""
    arms = [arm for key in UNION_KEYS for arm in schema.get(key, ())]
    if all(is_object(arm) and set(arm) == {"required"} for arm in arms):
        return ()
    return [arm for arm in _distinct(arms) if arm != {"type": "null"}]


def _distinct(arms: Sequence[Any]) -> Iterator[Any]:
    seen: list[Any] = []
    for arm in arms:
        if arm not in seen:
            seen.append(arm)
            yield arm


def with_site(schema: Schema, site: Schema) -> Schema:
    """The schema, or the reference to one, with what is said of the place where it stands."""
    if "$ref" in schema:
        return {"allOf": [schema], **site} if site else schema
    return {**schema, **site}
