"""Shared rules for JSON schemas: how references are written and resolved, and when two schemas are equal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from circleci_v2._wire.json import is_array, is_object
from codegen.errors import SpecError

__all__ = [
    "CONSTRAINT_KEYS",
    "DOC_KEYS",
    "Schema",
    "add_missing_details",
    "first_difference",
    "follow_references",
    "reference",
    "resolve_pointer",
    "unwrap_reference",
]

Schema = dict[str, Any]

DOC_KEYS = frozenset({"description", "summary", "example", "examples", "externalDocs"})
"""Keys that document a value for people and mean nothing to a program."""

CONSTRAINT_KEYS = frozenset(
    {
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        *("minLength", "maxLength", "pattern"),
        *("minItems", "maxItems", "uniqueItems"),
        "default",
    }
)
"""Keys that narrow a value without changing its Python type. CircleCI states them in one copy of a schema and omits them in
the next."""

_LONGEST_CHAIN = 1000


def reference(name: str, siblings: Mapping[str, Any]) -> Schema:
    """Return a reference to a schema component.

    Args:
        name: The component.
        siblings: Keys that apply to this use of the component only. OpenAPI 3.0 ignores siblings of ``$ref``, so the
            reference is wrapped in an ``allOf`` if there are any.
    """
    target = {"$ref": f"#/components/schemas/{name}"}
    return {"allOf": [target], **siblings} if siblings else target


def resolve_pointer(document: Mapping[str, Any], pointer: str, where: str) -> Any:
    """Return the target of a local ``$ref``.

    Raises:
        SpecError: The pointer leads to another file, or to nothing; the message begins with `where`.
    """
    if not pointer.startswith("#/"):
        msg = f"{where}: $ref {pointer!r} leaves the document; bundle it into one file first"
        raise SpecError(msg)
    target: Any = document
    for part in pointer[2:].split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        if not is_object(target) or key not in target:
            msg = f"{where}: $ref {pointer!r} points to nothing"
            raise SpecError(msg)
        target = target[key]
    return target


def follow_references(document: Mapping[str, Any], value: Any, where: str) -> Schema:
    """Return the schema, parameter, body, response or path at the end of a chain of references."""
    for _ in range(_LONGEST_CHAIN):
        if not is_object(value) or "$ref" not in value:
            return value if is_object(value) else {}
        value = resolve_pointer(document, value["$ref"], where)
    msg = f"{where}: a chain of references leads back to itself, or has more than {_LONGEST_CHAIN} links"
    raise SpecError(msg)


def first_difference(one: Any, other: Any, path: str = "$", *, fields: bool = False) -> str | None:
    """Describe the first difference between two schemas, ignoring docs and constraints; None if they are equal.

    Args:
        one: A schema, or a part of one.
        other: The same part of the other schema.
        path: The location of the parts, for the description.
        fields: Whether the keys of the parts are field names, none of which may be ignored.
    """
    if is_object(one) and is_object(other):
        one, other = unwrap_reference(one), unwrap_reference(other)
        for key in sorted({*one, *other} - (frozenset() if fields else _ignored_keys(one))):
            if key not in one or key not in other:
                return f"{path}.{key} is only in one of them"
            if found := first_difference(one[key], other[key], f"{path}.{key}", fields=key == "properties"):
                return found
        return None
    if is_array(one) and is_array(other) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return next((found for i, (a, b) in pairs if (found := first_difference(a, b, f"{path}[{i}]"))), None)
    return None if one == other else f"{path} is {one!r} in one and {other!r} in the other"


def unwrap_reference(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Undo `reference`: turn an ``allOf`` that holds a single reference into a plain reference with siblings."""
    match schema.get("allOf"):
        case [{"$ref": str(pointer)}]:
            return {"$ref": pointer, **{key: value for key, value in schema.items() if key != "allOf"}}
        case _:
            return schema


def add_missing_details(known: Schema, other: Mapping[str, Any]) -> None:
    """Copy docs and constraints that only the second copy of a schema has into the first."""
    for key, value in other.items():
        if is_object(value) and is_object(known.get(key)):
            add_missing_details(known[key], value)
        elif key in DOC_KEYS | CONSTRAINT_KEYS | {"format"} and "allOf" not in known and "$ref" not in known:
            known.setdefault(key, value)


def _ignored_keys(schema: Mapping[str, Any]) -> frozenset[str]:
    number_format = {"format"} if schema.get("type") in ("integer", "number") else set[str]()
    return DOC_KEYS | CONSTRAINT_KEYS | number_format
