"""Schemas in the form that this project generates from: named components, references, nothing anonymous.

The vendor writes most schemas inline and the same one many times over. `Hoister` gives every object and every enum the
name of the place where it stands, merges those of one name and one structure, and refuses two structures under one name.
Properties, required fields and enum values are put into one order, because the vendor's changes from document to document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from circleci_v2._wire.json_types import is_array, is_object
from codegen.errors import SpecError
from codegen.names import Names

__all__ = ["WORDS", "Hoister", "Schema", "first_difference", "reference", "resolve_pointer", "unwrapped"]

Schema = dict[str, Any]
NameOf = Callable[[int | None], str]
"""The name for what stands at a place; the argument counts the variants of a union there."""

WORDS = frozenset({"description", "summary", "example", "examples", "externalDocs"})
"""Keys that say something to people and nothing to a program."""

REFINEMENTS = frozenset({"minimum", "maximum", "minLength", "maxLength", "pattern", "default"})
"""Keys that narrow a value without changing its Python type; the vendor states them in one place and not in the next."""

_FIRST_FIELDS = ("id", "name", "slug", "number", "type", "status", "state")
_UNION_KEYS = ("oneOf", "anyOf")
_SITE_KEYS = frozenset({"description", "nullable", "deprecated", "example", "default"})
_DEEPEST_NESTING = 60
_LONGEST_NAME = 120


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


def _set_aside(schema: Mapping[str, Any]) -> frozenset[str]:
    number_format = {"format"} if schema.get("type") in ("integer", "number") else set[str]()
    return WORDS | REFINEMENTS | number_format


def _fill(known: Schema, other: Mapping[str, Any]) -> None:
    """Take over what the second description of one schema says beyond the first: words and refinements."""
    for key, value in other.items():
        if is_object(value) and is_object(known.get(key)):
            _fill(known[key], value)
        elif key in WORDS | REFINEMENTS | {"format"} and "allOf" not in known and "$ref" not in known:
            known.setdefault(key, value)


@attrs.define
class Hoister:
    """Gives every object and enum of a document its name, and collects them as components."""

    names: Names
    components: dict[str, Schema] = attrs.field(factory=dict[str, Schema])
    _origins: dict[str, str] = attrs.field(factory=dict[str, str])
    _open: dict[int, str] = attrs.field(factory=dict[int, str])

    def place(self, document: Mapping[str, Any], schema: Any, name: NameOf, where: str, depth: int = 0) -> Schema:
        """The schema as it stands at one place once all objects and enums have moved to the components.

        Args:
            document: Where references are looked up.
            schema: The schema, or a reference to one.
            name: What to call it if it is an object or an enum.
            where: The place, for messages.
            depth: How deeply it is nested.

        Raises:
            SpecError: A reference leads nowhere or round in a circle, the nesting has no end, or two different
                schemas claim one name.
        """
        if depth > _DEEPEST_NESTING:
            msg = f"{where}: schemas are nested more than {_DEEPEST_NESTING} deep"
            raise SpecError(msg)
        target, site = _resolve(document, schema, where)
        flat = _merge_all_of(document, target, where)
        inner = _Place(self, document, name, where, depth)
        if variants := _variants(flat):
            return {**inner.union(flat, variants), **site}
        if _is_enum(flat):
            return self._enum(flat, name(None), where, site)
        if "properties" in flat:
            return self._object(inner, target, flat, site)
        if flat.get("type") == "array":
            plain = {key: value for key, value in flat.items() if key not in {"items", "additionalProperties"}}
            return {**_plain(plain), "items": inner.items(flat.get("items", {})), **site}
        if flat.get("type") == "object" or ("type" not in flat and "additionalProperties" in flat):
            return {**inner.mapping(flat), **site}
        return {**_plain(flat), **site}

    def _enum(self, flat: Schema, name: str, where: str, site: Schema) -> Schema:
        values = [value for value in flat["enum"] if value is not None]
        words = {key: flat[key] for key in WORDS & flat.keys()}
        nullable = {"nullable": True} if len(values) < len(flat["enum"]) or flat.get("nullable") else {}
        self._register(name, {"type": "string", **words, "enum": self.names.ordered(values)}, where)
        return reference(name, {**nullable, **site})

    def _object(self, place: _Place, target: Schema, flat: Schema, site: Schema) -> Schema:
        nullable = {"nullable": True} if flat.get("nullable") else {}
        if id(target) in self._open:
            return reference(self._open[id(target)], {**nullable, **site})
        name = place.name(None)
        if required := self.names.required(name):
            flat = {**flat, "required": required}
        self._open[id(target)] = name
        try:
            component = place.object(flat, name)
        finally:
            del self._open[id(target)]
        self._register(name, component, place.where)
        return reference(name, {**nullable, **site})

    def _register(self, name: str, component: Schema, where: str) -> None:
        if len(name) > _LONGEST_NAME:
            msg = f"{where}: {name} is longer than {_LONGEST_NAME} characters; give it a name in names.yaml"
            raise SpecError(msg)
        known = self.components.setdefault(name, component)
        origin = self._origins.setdefault(name, where)
        difference = first_difference(known, component)
        if difference:
            msg = (
                f"two different schemas are called {name}: at {origin} and at {where}; {difference}. "
                "Give one of them another name in names.yaml, or make them alike in overlay.yaml."
            )
            raise SpecError(msg)
        _fill(known, component)


@attrs.frozen
class _Place:
    """One place in the document, while the schema that stands there is taken apart."""

    hoister: Hoister
    document: Mapping[str, Any]
    name: NameOf
    where: str
    depth: int

    def _place(self, schema: Any, name: NameOf, step: str) -> Schema:
        return self.hoister.place(self.document, schema, name, f"{self.where}{step}", self.depth + 1)

    def union(self, flat: Schema, variants: Sequence[Any]) -> Schema:
        key = next(key for key in _UNION_KEYS if key in flat)
        placed = [
            self._place(variant, lambda _, i=i: self.name(i), f"|{i}")  # type: ignore[misc]  # a default argument binds i
            for i, variant in enumerate(variants)
        ]
        rest = {k: v for k, v in flat.items() if k not in {*_UNION_KEYS, "type", "nullable", "additionalProperties"}}
        null = {"nullable": True} if flat.get("nullable") or len(variants) < len(flat[key]) else {}
        if len(placed) == 1:
            return _with_site(placed[0], {**rest, **null})
        return {key: placed, **rest, **null}

    def items(self, schema: Any) -> Schema:
        return self._place(schema, self.name, "[]")

    def mapping(self, flat: Schema) -> Schema:
        plain = _plain(
            {key: value for key, value in flat.items() if key not in {"type", "additionalProperties", "required"}}
        )
        values = flat.get("additionalProperties")
        if not is_object(values) or not values:
            return {"type": "object", **plain}
        return {"type": "object", **plain, "additionalProperties": self._place(values, self.name, ".*")}

    def object(self, flat: Schema, name: str) -> Schema:
        names = self.hoister.names
        properties = {
            key: self._place(flat["properties"][key], _namer(names, name, key, flat["properties"][key]), f".{key}")
            for key in sorted(flat["properties"], key=_field_order)
        }
        required = [key for key in properties if key in flat.get("required", ())]
        kept = {k: flat[k] for k in (*WORDS, "deprecated", "anyOf", "oneOf") if k in flat}
        extra = flat.get("additionalProperties")
        values = {"additionalProperties": self._place(extra, self.name, ".*")} if is_object(extra) and extra else {}
        return {
            "type": "object",
            **kept,
            **({"required": required} if required else {}),
            "properties": properties,
            **values,
        }


def _namer(names: Names, model: str, field: str, schema: Any) -> NameOf:
    is_array = is_object(schema) and schema.get("type") == "array"
    return lambda variant: (
        names.items(model, field) if is_array and variant is None else names.field(model, field, variant)
    )


def _field_order(field: str) -> tuple[int, str]:
    first = _FIRST_FIELDS.index(field) if field in _FIRST_FIELDS else len(_FIRST_FIELDS)
    return (first, field.replace("-", "_"))


def _resolve(document: Mapping[str, Any], schema: Any, where: str) -> tuple[Schema, Schema]:
    """The schema behind references and one-armed allOfs, and what is said of this place rather than of it."""
    site: Schema = {}
    seen: set[str] = set()
    while True:
        if schema is True:
            schema = {}
        if not is_object(schema):
            msg = f"{where}: expected a schema, found {schema!r}"
            raise SpecError(msg)
        arms = schema.get("allOf")
        if is_array(arms) and len(arms) == 1 and is_object(arms[0]) and "$ref" in arms[0]:
            site = {**_site(schema), **site}
            schema = arms[0]
        if "$ref" not in schema:
            return schema, site
        pointer = schema["$ref"]
        if pointer in seen:
            msg = f"{where}: $ref {pointer!r} leads back to itself"
            raise SpecError(msg)
        seen.add(pointer)
        schema = resolve_pointer(document, pointer, where)


def _site(schema: Schema) -> Schema:
    said = {key: value for key, value in schema.items() if key in _SITE_KEYS}
    return {**said, "nullable": True} if schema.get("x-nullable") else said


def _merge_all_of(document: Mapping[str, Any], schema: Schema, where: str, depth: int = 0) -> Schema:
    """One flat schema out of an allOf, in the vendor's dialect made plain OpenAPI 3.0."""
    merged = {
        key: value for key, value in schema.items() if key != "allOf" and not key.startswith("x-") and key != "title"
    }
    if schema.get("x-nullable"):
        merged["nullable"] = True
    if depth > _DEEPEST_NESTING:
        msg = f"{where}: allOf is nested more than {_DEEPEST_NESTING} deep, or leads back to itself"
        raise SpecError(msg)
    for arm in schema.get("allOf", ()):
        resolved, _ = _resolve(document, arm, where)
        part = _merge_all_of(document, resolved, where, depth + 1)
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


def _plain(schema: Schema) -> Schema:
    """A schema of one value: formats that only repeat the type, and enums of anything but strings, say nothing."""
    return {
        key: value
        for key, value in schema.items()
        if not (key == "format" and value == schema.get("type"))
        and key not in {"enum", "required", "additionalProperties"}
        and value is not False
    }


def _is_enum(schema: Schema) -> bool:
    values = [value for value in schema.get("enum", ()) if value is not None]
    return bool(values) and all(isinstance(value, str) for value in values)


def _variants(schema: Schema) -> Sequence[Any]:
    """The arms of a union, null left out; none where the union only says which fields go together."""
    arms = [arm for key in _UNION_KEYS for arm in schema.get(key, ())]
    if all(is_object(arm) and set(arm) == {"required"} for arm in arms):
        return ()
    return [arm for arm in _distinct(arms) if arm != {"type": "null"}]


def _distinct(arms: Sequence[Any]) -> Iterator[Any]:
    seen: list[Any] = []
    for arm in arms:
        if arm not in seen:
            seen.append(arm)
            yield arm


def _with_site(schema: Schema, site: Schema) -> Schema:
    if "$ref" in schema:
        return {"allOf": [schema], **site} if site else schema
    return {**schema, **site}
