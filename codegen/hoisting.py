"""Schemas moved to named components: references, nothing anonymous.

The vendor writes most schemas inline and the same one many times over. `Hoister` gives every object and every enum the
name of the place where it stands, merges those of one name and one structure, and refuses two structures under one name.
Properties, required fields and enum values are put into one order, because the vendor's changes from document to document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from circleci_v2._wire.json import is_object
from codegen.errors import SpecError
from codegen.flattening import (
    DEEPEST_NESTING,
    UNION_KEYS,
    is_enum,
    merge_all_of,
    plain_value,
    resolve,
    union_variants,
    with_site,
)
from codegen.names import Names
from codegen.schemas import WORDS, Schema, fill, first_difference, reference, resolve_root

__all__ = ["Hoister", "NameOf"]

NameOf = Callable[[int | None], str]
"""The name for what stands at a place; the argument counts the variants of a union there."""

_FIRST_FIELDS = ("id", "name", "slug", "number", "type", "status", "state")
_LONGEST_NAME = 120
_COMMON_TO_ARMS = ("properties", "required")
_WITHOUT_FIELDS = ("string", "integer", "number", "boolean", "array")


@attrs.define
class Hoister:
    """Gives every object and enum of a document its name, and collects them as components.

    Attributes:
        names: The table of names.
        components: The schemas by their names.
        united: Enums of which places list different values -> a note that says so. Enums are open, and a value that the
            vendor adds comes to one of the copies of a schema first.
    """

    names: Names
    components: dict[str, Schema] = attrs.field(factory=dict[str, Schema])
    united: dict[str, str] = attrs.field(factory=dict[str, str])
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
        if depth > DEEPEST_NESTING:
            msg = f"{where}: schemas are nested more than {DEEPEST_NESTING} deep"
            raise SpecError(msg)
        target, site = resolve(document, schema, where)
        flat = merge_all_of(document, target, where)
        inner = _Place(self, document, name, where, depth)
        if variants := union_variants(flat):
            return {**inner.union(flat, variants), **site}
        if is_enum(flat):
            return self._enum(flat, name(None), where, site)
        if "properties" in flat:
            return self._object(inner, target, flat, site)
        if flat.get("type") == "array":
            plain = {key: value for key, value in flat.items() if key not in {"items", "additionalProperties"}}
            return {**plain_value(plain), "items": inner.items(flat.get("items", {})), **site}
        if flat.get("type") == "object" or ("type" not in flat and "additionalProperties" in flat):
            return {**inner.mapping(flat), **site}
        return {**plain_value(flat), **site}

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
        if difference and _differ_in_values(known, component):
            known["enum"] = self.names.ordered([*known["enum"], *component["enum"]])
            self.united.setdefault(name, f"{name} has the values of every place, which differ: {origin} and {where}")
        elif difference:
            msg = (
                f"two different schemas are called {name}: at {origin} and at {where}; {difference}. "
                "If both are the same thing, make them alike in a copy of the document; else give one of them another "
                "name in names.yaml."
            )
            raise SpecError(msg)
        fill(known, component)


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
        key = next(key for key in UNION_KEYS if key in flat)
        common = {k: flat[k] for k in _COMMON_TO_ARMS if k in flat}
        placed = [
            self._place(self._extended(variant, common), lambda _, i=i: self.name(i), f"|{i}")  # type: ignore[misc]  # a default argument binds i
            for i, variant in enumerate(variants)
        ]
        said_elsewhere = {*UNION_KEYS, *_COMMON_TO_ARMS, "type", "nullable", "additionalProperties"}
        rest = {k: v for k, v in flat.items() if k not in said_elsewhere}
        null = {"nullable": True} if flat.get("nullable") or len(variants) < len(flat[key]) else {}
        if len(placed) == 1:
            return with_site(placed[0], {**rest, **null})
        return {key: placed, **rest, **null}

    def _extended(self, variant: Any, common: Schema) -> Any:
        """An arm of a union, with the fields that stand beside the union and belong to each arm that can have fields."""
        kind = resolve_root(self.document, variant, self.where).get("type")
        return {"allOf": [variant, common]} if common and kind not in _WITHOUT_FIELDS else variant

    def items(self, schema: Any) -> Schema:
        return self._place(schema, self.name, "[]")

    def mapping(self, flat: Schema) -> Schema:
        plain = plain_value(
            {key: value for key, value in flat.items() if key not in {"type", "additionalProperties", "required"}}
        )
        values = flat.get("additionalProperties")
        if not is_object(values) or not values:
            return {"type": "object", **plain}
        return {"type": "object", **plain, "additionalProperties": self._values(values)}

    def _values(self, schema: Any) -> Schema:
        return self._place(schema, lambda variant: self.hoister.names.values(self.name(variant)), ".*")

    def object(self, flat: Schema, name: str) -> Schema:
        names = self.hoister.names
        properties = {
            key: self._place(flat["properties"][key], _namer(names, name, key, flat["properties"][key]), f".{key}")
            for key in sorted(flat["properties"], key=_field_order)
        }
        required = [key for key in properties if key in flat.get("required", ())]
        kept = {k: flat[k] for k in (*WORDS, "deprecated", "anyOf", "oneOf") if k in flat}
        extra = flat.get("additionalProperties")
        values: Schema = {}
        if is_object(extra) and extra:
            # The name of the object is taken by the object, whatever the table says of mappings.
            values = {
                "additionalProperties": self._place(extra, lambda variant: names.field(name, "value", variant), ".*")
            }
        return {
            "type": "object",
            **kept,
            **({"required": required} if required else {}),
            "properties": properties,
            **values,
        }


def _differ_in_values(one: Schema, other: Schema) -> bool:
    """Whether two enums would be one if they listed the same values."""
    return "enum" in one and first_difference({**one, "enum": ()}, {**other, "enum": ()}) is None


def _namer(names: Names, model: str, field: str, schema: Any) -> NameOf:
    is_array = is_object(schema) and schema.get("type") == "array"
    return lambda variant: (
        names.items(model, field) if is_array and variant is None else names.field(model, field, variant)
    )


def _field_order(field: str) -> tuple[int, str]:
    first = _FIRST_FIELDS.index(field) if field in _FIRST_FIELDS else len(_FIRST_FIELDS)
    return (first, field.replace("-", "_"))
