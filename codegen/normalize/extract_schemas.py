"""Move schemas to named components, so that everything else holds references.

CircleCI writes most schemas inline, and the same schema many times over. `SchemaExtractor` names every object and enum after
its location and unites the copies that have the same name; a schema of another kind with the same name gets a number.
Properties, required fields and enum values are sorted, because their order changes from document to document.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from circleci_v2._wire.json import is_object
from codegen.errors import SpecError
from codegen.names import Names
from codegen.normalize.flatten import (
    MAXIMUM_DEPTH,
    UNION_KEYS,
    is_enum,
    merge_all_of,
    plain_value,
    resolve,
    union_variants,
    with_siblings,
)
from codegen.normalize.unite import CopyNotes, SchemaUnion
from codegen.schemas import (
    DOC_KEYS,
    Schema,
    add_missing_details,
    first_difference,
    follow_references,
    reference,
)

__all__ = ["NameFunction", "SchemaExtractor"]

NameFunction = Callable[[int | None], str]
"""Returns the name for a schema; the argument is the index of a union variant, or None outside a union."""

_FIRST_FIELDS = ("id", "name", "slug", "number", "type", "status", "state")
_LONGEST_NAME = 120
_COMMON_TO_VARIANTS = ("properties", "required")
_TYPES_WITHOUT_FIELDS = ("string", "integer", "number", "boolean", "array")


@attrs.define
class SchemaExtractor:
    """Names every object and enum of a document, and collects them as components.

    Attributes:
        names: The table of names.
        components: Name -> schema.
        copies: The differences between copies of a schema.
        closed: The objects of which a copy forbids fields that it does not list.
    """

    names: Names
    components: dict[str, Schema] = attrs.field(factory=dict[str, Schema])
    copies: CopyNotes = attrs.field(factory=CopyNotes)
    closed: set[str] = attrs.field(factory=set[str])
    _kinds: dict[str, str] = attrs.field(factory=dict[str, str])
    _first_copies: dict[str, Schema] = attrs.field(factory=dict[str, Schema])
    _origins: dict[str, str] = attrs.field(factory=dict[str, str])
    _in_progress: dict[int, str] = attrs.field(factory=dict[int, str])
    """The identity of each object schema that is being extracted -> its name, for schemas that refer to themselves."""

    def extract(
        self, document: Mapping[str, Any], schema: Any, name: NameFunction, where: str, depth: int = 0
    ) -> Schema:
        """Move all objects and enums in a schema to the components, and return the remaining schema.

        Args:
            document: The document in which references are resolved.
            schema: The schema, or a reference to one.
            name: Names the schema if it is an object or an enum.
            where: The location, for messages.
            depth: The current nesting depth.

        Raises:
            SpecError: A reference is broken or circular, the nesting is too deep, or a name is too long.
        """
        if depth > MAXIMUM_DEPTH:
            msg = f"{where}: schemas are nested more than {MAXIMUM_DEPTH} deep"
            raise SpecError(msg)
        target, siblings = resolve(document, schema, where)
        flat = merge_all_of(document, target, where)
        location = _SchemaLocation(self, document, name, where, depth)
        if variants := union_variants(flat):
            return {**location.union(flat, variants), **siblings}
        if is_enum(flat):
            return self._enum(flat, name(None), where, siblings)
        if "properties" in flat:
            return self._object(location, target, flat, siblings)
        if flat.get("type") == "array":
            plain = {key: value for key, value in flat.items() if key not in {"items", "additionalProperties"}}
            return {**plain_value(plain), "items": location.items(flat.get("items", {})), **siblings}
        if flat.get("type") == "object" or ("type" not in flat and "additionalProperties" in flat):
            return {**location.mapping(flat), **siblings}
        return {**plain_value(flat), **siblings}

    def _enum(self, flat: Schema, name: str, where: str, siblings: Schema) -> Schema:
        name = self._reserve(name, "an enum", where)
        values = [value for value in flat["enum"] if value is not None]
        docs = {key: flat[key] for key in DOC_KEYS & flat.keys()}
        nullable = {"nullable": True} if len(values) < len(flat["enum"]) or flat.get("nullable") else {}
        self._register(name, {"type": "string", **docs, "enum": self.names.ordered(values)}, where)
        default = {"default": flat["default"]} if "default" in flat else {}
        return reference(name, {**nullable, **default, **siblings})

    def _object(self, location: _SchemaLocation, target: Schema, flat: Schema, siblings: Schema) -> Schema:
        nullable = {"nullable": True} if flat.get("nullable") else {}
        if id(target) in self._in_progress:
            return reference(self._in_progress[id(target)], {**nullable, **siblings})
        name = self._reserve(location.name(None), "an object", location.where)
        if flat.get("additionalProperties") is False:
            self.closed.add(name)
        if required := self.names.required(name):
            flat = {**flat, "required": required}
        self._in_progress[id(target)] = name
        try:
            component = location.object(flat, name)
        finally:
            del self._in_progress[id(target)]
        self._register(name, component, location.where)
        return reference(name, {**nullable, **siblings})

    def _reserve(self, name: str, kind: str, where: str) -> str:
        """Return the name for a schema: the given one, or one with a number if that belongs to a schema of another kind."""
        if len(name) > _LONGEST_NAME:
            msg = f"{where}: {name[:_LONGEST_NAME]}... is longer than {_LONGEST_NAME} characters; give it a name in names.yaml"
            raise SpecError(msg)
        candidate, number = name, 1
        while self._kinds.setdefault(candidate, kind) != kind:
            number += 1
            candidate = f"{name}{number}"
        if candidate != name:
            before = f"{name} is {self._kinds[name]} at {self._origins.get(name, 'another place')} and {kind} at "
            self.copies.add(name, "kind", where, before, f"; there it is called {candidate}")
        return candidate

    def _register(self, name: str, component: Schema, where: str) -> None:
        known = self.components.setdefault(name, component)
        first = self._first_copies.setdefault(name, copy.deepcopy(component))
        if known is not component and first_difference(first, component) is None:
            # Where the first copy was united with others in the meantime, the result covers this copy, too.
            if first_difference(known, component) is None:
                add_missing_details(known, component)
            return
        origin = self._origins.setdefault(name, where)
        SchemaUnion(self.components, self.copies, name, origin, where).unite(known, component)
        if "enum" in known:
            known["enum"] = self.names.ordered(known["enum"])
        elif known is not component:
            known["properties"] = {
                key: known["properties"][key] for key in sorted(known["properties"], key=_field_order)
            }


@attrs.frozen
class _SchemaLocation:
    """A location in the document, while the schema there is taken apart."""

    extractor: SchemaExtractor
    document: Mapping[str, Any]
    name: NameFunction
    where: str
    depth: int

    def _extract(self, schema: Any, name: NameFunction, step: str) -> Schema:
        return self.extractor.extract(self.document, schema, name, f"{self.where}{step}", self.depth + 1)

    def union(self, flat: Schema, variants: Sequence[Any]) -> Schema:
        key = next(key for key in UNION_KEYS if key in flat)
        common = {k: flat[k] for k in _COMMON_TO_VARIANTS if k in flat}
        extracted = [
            self._extract(self._extended(variant, common), lambda _, i=i: self.name(i), f"|{i}")  # type: ignore[misc]  # a default argument binds i
            for i, variant in enumerate(variants)
        ]
        handled = {*UNION_KEYS, *_COMMON_TO_VARIANTS, "type", "nullable", "additionalProperties"}
        rest = {k: v for k, v in flat.items() if k not in handled}
        null = {"nullable": True} if flat.get("nullable") or len(variants) < len(flat[key]) else {}
        if len(extracted) == 1:
            return with_siblings(extracted[0], {**rest, **null})
        return {key: extracted, **rest, **null}

    def _extended(self, variant: Any, common: Schema) -> Any:
        """Add the fields that are declared next to a union to a variant, unless the variant cannot have fields."""
        kind = follow_references(self.document, variant, self.where).get("type")
        return {"allOf": [variant, common]} if common and kind not in _TYPES_WITHOUT_FIELDS else variant

    def items(self, schema: Any) -> Schema:
        return self._extract(schema, self.name, "[]")

    def mapping(self, flat: Schema) -> Schema:
        plain = plain_value(
            {key: value for key, value in flat.items() if key not in {"type", "additionalProperties", "required"}}
        )
        values = flat.get("additionalProperties")
        if not is_object(values) or not values:
            return {"type": "object", **plain}
        return {"type": "object", **plain, "additionalProperties": self._values(values)}

    def _values(self, schema: Any) -> Schema:
        return self._extract(schema, lambda variant: self.extractor.names.values(self.name(variant)), ".*")

    def object(self, flat: Schema, name: str) -> Schema:
        names = self.extractor.names
        properties = {
            key: self._extract(
                flat["properties"][key], _field_name_function(names, name, key, flat["properties"][key]), f".{key}"
            )
            for key in sorted(flat["properties"], key=_field_order)
        }
        required = [key for key in properties if key in flat.get("required", ())]
        kept = {k: flat[k] for k in (*DOC_KEYS, "deprecated", "anyOf", "oneOf") if k in flat}
        extra = flat.get("additionalProperties")
        values: Schema = {}
        if is_object(extra) and extra:
            # The object itself has the name, so the values need another one even if the table lists the name.
            values = {
                "additionalProperties": self._extract(extra, lambda variant: names.field(name, "value", variant), ".*")
            }
        return {
            "type": "object",
            **kept,
            **({"required": required} if required else {}),
            "properties": properties,
            **values,
        }


def _field_name_function(names: Names, model: str, field: str, schema: Any) -> NameFunction:
    is_array = is_object(schema) and schema.get("type") == "array"
    return lambda variant: (
        names.items(model, field) if is_array and variant is None else names.field(model, field, variant)
    )


def _field_order(field: str) -> tuple[int, str, str]:
    first = _FIRST_FIELDS.index(field) if field in _FIRST_FIELDS else len(_FIRST_FIELDS)
    return (first, field.replace("-", "_"), field)
