"""What is said of schemas everywhere: how a reference is written and followed, and when two schemas are the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from circleci_v2._wire.json import is_array, is_object
from codegen.errors import SpecError

__all__ = [
    "REFINEMENTS",
    "WORDS",
    "Schema",
    "fill",
    "first_difference",
    "reference",
    "resolve_pointer",
    "resolve_root",
    "unwrapped",
]

Schema = dict[str, Any]

WORDS = frozenset({"description", "summary", "example", "examples", "externalDocs"})
"""Keys that say something to people and nothing to a program."""

REFINEMENTS = frozenset(
    {
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        *("minLength", "maxLength", "pattern"),
        *("minItems", "maxItems", "uniqueItems"),
        "default",
    }
)
"""Keys that narrow a value without changing its Python type; the vendor states them in one place and not in the next."""


def reference(name: str, site: Mapping[str, Any]) -> Schema:
    """A reference to a schema component; what is said of this place stands beside it in an allOf, as OpenAPI 3.0 wants."""
    target = {"$ref": f"#/components/schemas/{name}"}
    return {"allOf": [target], **site} if site else target


def resolve_pointer(document: Mapping[str, Any], pointer: str, where: str) -> Any:
    """What a local ``$ref`` points to."""
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


def resolve_root(document: Mapping[str, Any], schema: Any, where: str) -> Schema:
    """The schema, or the parameter, body, answer or path, behind a chain of references."""
    for _ in range(1000):
        if not is_object(schema) or "$ref" not in schema:
            return schema if is_object(schema) else {}
        schema = resolve_pointer(document, schema["$ref"], where)
    msg = f"{where}: a chain of references leads back to itself or has no end"
    raise SpecError(msg)


def first_difference(one: Any, other: Any, path: str = "$", *, fields: bool = False) -> str | None:
    """Where two schemas differ, words and refinements set aside; None where they are the same.

    Args:
        one: A schema, or a part of one.
        other: The same part of the other.
        path: Where the parts stand, for the answer.
        fields: Whether the keys of the parts are names of fields, of which none may be set aside.
    """
    if is_object(one) and is_object(other):
        one, other = unwrapped(one), unwrapped(other)
        for key in sorted({*one, *other} - (frozenset() if fields else _set_aside(one))):
            if key not in one or key not in other:
                return f"{path}.{key} is only in one of them"
            if found := first_difference(one[key], other[key], f"{path}.{key}", fields=key == "properties"):
                return found
        return None
    if is_array(one) and is_array(other) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return next((found for i, (a, b) in pairs if (found := first_difference(a, b, f"{path}[{i}]"))), None)
    return None if one == other else f"{path} is {one!r} in one and {other!r} in the other"


def unwrapped(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A reference that stands in an allOf only because something is said beside it, as the plain reference."""
    match schema.get("allOf"):
        case [{"$ref": str(pointer)}]:
            return {"$ref": pointer, **{key: value for key, value in schema.items() if key != "allOf"}}
        case _:
            return schema


def fill(known: Schema, other: Mapping[str, Any]) -> None:
    """Take over what the second description of one schema says beyond the first: words and refinements."""
    for key, value in other.items():
        if is_object(value) and is_object(known.get(key)):
            fill(known[key], value)
        elif key in WORDS | REFINEMENTS | {"format"} and "allOf" not in known and "$ref" not in known:
            known.setdefault(key, value)


def _set_aside(schema: Mapping[str, Any]) -> frozenset[str]:
    number_format = {"format"} if schema.get("type") in ("integer", "number") else set[str]()
    return WORDS | REFINEMENTS | number_format
