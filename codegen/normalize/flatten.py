"""Flatten schemas: follow references, and merge ``allOf``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from circleci_v2._wire.json import is_array, is_object
from codegen.errors import SpecError
from codegen.schemas import DOC_KEYS, Schema, resolve_pointer

__all__ = [
    "MAXIMUM_DEPTH",
    "UNION_KEYS",
    "component_pointer",
    "is_enum",
    "merge_all_of",
    "plain_value",
    "resolve",
    "subtypes",
    "union_variants",
    "with_siblings",
]

MAXIMUM_DEPTH = 60
"""Deeper nesting is reported as a cycle."""

UNION_KEYS = ("oneOf", "anyOf")

_SIBLING_KEYS = frozenset({"description", "nullable", "deprecated", "example", "default"})
_HARMLESS_SIBLINGS = _SIBLING_KEYS | DOC_KEYS | {"allOf", "type", "title", "readOnly", "writeOnly"}
"""Keys next to a reference that do not make it a different schema."""


def resolve(document: Mapping[str, Any], schema: Any, where: str) -> tuple[Schema, Schema]:
    """Return the schema behind references and single-member ``allOf``s, and the keys found next to the references.

    The second schema holds what applies to this use of the schema only, such as its description or that it may be null.
    """
    siblings: Schema = {}
    seen: set[str] = set()
    while True:
        if schema is True:
            schema = {}
        if not is_object(schema):
            msg = f"{where}: expected a schema, found {schema!r}"
            raise SpecError(msg)
        if _is_wrapped_reference(schema):
            siblings = {**_siblings(schema), **siblings}
            schema = schema["allOf"][0]
        if "$ref" not in schema:
            return schema, siblings
        pointer = schema["$ref"]
        if pointer in seen:
            msg = f"{where}: $ref {pointer!r} leads back to itself"
            raise SpecError(msg)
        seen.add(pointer)
        schema = resolve_pointer(document, pointer, where)


def _is_wrapped_reference(schema: Schema) -> bool:
    """Whether an ``allOf`` only adds siblings to a reference; if it adds fields, it extends the referenced schema."""
    members = schema.get("allOf")
    if not is_array(members) or len(members) != 1 or not is_object(members[0]) or "$ref" not in members[0]:
        return False
    return all(key in _HARMLESS_SIBLINGS or key.startswith("x-") for key in schema)


def _siblings(schema: Schema) -> Schema:
    siblings = {key: value for key, value in schema.items() if key in _SIBLING_KEYS}
    return {**siblings, "nullable": True} if schema.get("x-nullable") else siblings


def merge_all_of(document: Mapping[str, Any], schema: Schema, where: str, depth: int = 0) -> Schema:
    """Merge the members of an ``allOf`` into one flat schema, and replace vendor extensions by plain OpenAPI 3.0."""
    merged = {
        key: value
        for key, value in schema.items()
        if key not in {"allOf", "title", "$defs"} and not key.startswith("x-")
    }
    if schema.get("x-nullable"):
        merged["nullable"] = True
    if depth > MAXIMUM_DEPTH:
        msg = f"{where}: allOf is nested more than {MAXIMUM_DEPTH} deep, or leads back to itself"
        raise SpecError(msg)
    for member in schema.get("allOf", ()):
        resolved, _ = resolve(document, member, where)
        part = merge_all_of(document, resolved, where, depth + 1)
        if not any(key in part for key in UNION_KEYS):
            # The schemas that extend a base are among its variants; they have none of their own.
            part.pop("discriminator", None)
        merged["properties"] = {**merged.get("properties", {}), **part.get("properties", {})}
        merged["required"] = [*merged.get("required", ()), *part.get("required", ())]
        merged = {**{k: v for k, v in part.items() if k not in {"properties", "required"}}, **merged}
        merged = {k: v for k, v in merged.items() if k not in {"properties", "required"} or v}
    return merged


def component_pointer(schema: Any) -> str | None:
    """Return the reference to a component that a schema consists of, apart from siblings; None if it is something else."""
    if is_object(schema) and _is_wrapped_reference(schema):
        schema = schema["allOf"][0]
    pointer = schema.get("$ref") if is_object(schema) else None
    return pointer if isinstance(pointer, str) and pointer.startswith("#/components/schemas/") else None


def subtypes(document: Mapping[str, Any], target: Schema) -> list[Schema]:
    """Return references to the schemas that extend a base schema with a discriminator; none for any other schema."""
    if not is_object(target.get("discriminator")) or any(key in target for key in UNION_KEYS):
        return []
    schemas: Mapping[str, Any] = document.get("components", {}).get("schemas", {})
    return [
        {"$ref": f"#/components/schemas/{name}"} for name in schemas if _extends(schemas, name, target, frozenset())
    ]


def _extends(schemas: Mapping[str, Any], name: str, base: Schema, seen: frozenset[str]) -> bool:
    members = schemas[name].get("allOf", ()) if is_object(schemas.get(name)) and name not in seen else ()
    parents = [pointer.rsplit("/", 1)[-1] for member in members if (pointer := component_pointer(member))]
    return any(schemas.get(parent) is base or _extends(schemas, parent, base, seen | {name}) for parent in parents)


_KEYS_OF_OTHER_SCHEMAS = frozenset(
    {"enum", "required", "additionalProperties", "items", "not", "readOnly", "writeOnly", "discriminator"}
)


def plain_value(schema: Schema) -> Schema:
    """Return a schema of a single value without keys that add no information.

    These are formats that repeat the type, enums of values other than strings, keys that apply to objects or arrays only, and
    ``not``. Schemas in them would keep references to names of the original document.
    """
    return {
        key: value
        for key, value in schema.items()
        if not (key == "format" and value == schema.get("type"))
        and key not in _KEYS_OF_OTHER_SCHEMAS
        and value is not False
    }


def is_enum(schema: Schema) -> bool:
    """Whether the schema lists strings, and nothing but strings and null."""
    values = [value for value in schema.get("enum", ()) if value is not None]
    return bool(values) and all(isinstance(value, str) for value in values)


def union_variants(schema: Schema) -> Sequence[Any]:
    """Return the distinct variants of a union without null; none if the union only lists which fields are required together."""
    variants = [variant for key in UNION_KEYS for variant in schema.get(key, ())]
    if all(is_object(variant) and set(variant) == {"required"} for variant in variants):
        return ()
    return [variant for variant in _distinct(variants) if variant != {"type": "null"}]


def _distinct(variants: Sequence[Any]) -> Iterator[Any]:
    seen: list[Any] = []
    for variant in variants:
        if variant not in seen:
            seen.append(variant)
            yield variant


def with_siblings(schema: Schema, siblings: Schema) -> Schema:
    """Add keys that apply to one use of a schema; a reference is wrapped in an ``allOf`` for them."""
    if "$ref" in schema:
        return {"allOf": [schema], **siblings} if siblings else schema
    return {**schema, **siblings}
