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
from codegen.errors import UnsupportedError
from codegen.names import Names, class_name
from codegen.normalize.flatten import (
    MAXIMUM_DEPTH,
    UNION_KEYS,
    component_pointer,
    is_enum,
    merge_all_of,
    plain_value,
    resolve,
    subtypes,
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
    unwrap_reference,
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
    _nameless: set[int] = attrs.field(factory=set[int])
    """The identity of each array, mapping and union between the innermost of these objects and the present location."""
    _owners: dict[str, str] = attrs.field(factory=dict[str, str])
    """Name -> the reference to the variant of a union that is called after its component."""

    def extract(
        self,
        document: Mapping[str, Any],
        schema: Any,
        name: NameFunction,
        where: str,
        depth: int = 0,
        *,
        hides: str = "",
    ) -> Schema:
        """Move all objects and enums in a schema to the components, and return the remaining schema.

        Args:
            document: The document in which references are resolved.
            schema: The schema, or a reference to one.
            name: Names the schema if it is an object or an enum.
            where: The location, for messages.
            depth: The current nesting depth.
            hides: The key of fields to leave out: ``readOnly`` in a request, ``writeOnly`` in a response.

        Raises:
            SpecError: A reference is broken or circular.
            UnsupportedError: The nesting is too deep, or a name is too long.
        """
        if depth > MAXIMUM_DEPTH:
            msg = f"{where}: schemas are nested more than {MAXIMUM_DEPTH} deep"
            raise UnsupportedError(msg)
        target, siblings = resolve(document, schema, where)
        if id(target) in self._nameless:
            # Only an object has a name by which its fields can refer to it.
            self.copies.others.append(f"{where}: the schema leads back to itself without an object; it is Any")
            return siblings
        flat = merge_all_of(document, target, where)
        if derived := subtypes(document, target):
            flat = {"oneOf": derived, "discriminator": flat["discriminator"]}
        location = _SchemaLocation(self, document, name, where, depth, hides)
        if not union_variants(flat):
            if is_enum(flat):
                return self._enum(flat, name(None), where, siblings)
            if "properties" in flat:
                return self._object(location, target, flat, siblings)
        self._nameless.add(id(target))
        try:
            return {**location.nameless(flat), **siblings}
        finally:
            self._nameless.discard(id(target))

    def _enum(self, flat: Schema, name: str, where: str, siblings: Schema) -> Schema:
        name = self._reserve(name, "an enum", where)
        values = [value for value in flat["enum"] if value is not None]
        docs = {key: flat[key] for key in DOC_KEYS & flat.keys()}
        nullable = {"nullable": True} if len(values) < len(flat["enum"]) or flat.get("nullable") else {}
        self._register(name, {"type": "string", **docs, "enum": self.names.ordered(values)}, where)
        default = {"default": flat["default"]} if "default" in flat else {}
        return reference(name, {**nullable, **default, **siblings})

    def _object(self, location: _SchemaLocation, target: Schema, flat: Schema, siblings: Schema) -> Schema:
        if not is_object(flat["properties"]):
            # The validator does not look into every nested schema of OpenAPI 3.1.
            msg = f"{location.where}: the properties must be an object, not {flat['properties']!r:.200}"
            raise UnsupportedError(msg)
        nullable = {"nullable": True} if flat.get("nullable") else {}
        if id(target) in self._in_progress:
            return reference(self._in_progress[id(target)], {**nullable, **siblings})
        name = self._reserve(location.name(None), "an object", location.where)
        if flat.get("additionalProperties") is False:
            self.closed.add(name)
        if required := self.names.required(name):
            flat = {**flat, "required": required}
        self._in_progress[id(target)] = name
        outer, self._nameless = self._nameless, set()
        try:
            component = location.object(flat, name)
        finally:
            del self._in_progress[id(target)]
            self._nameless = outer
        self._register(name, component, location.where)
        return reference(name, {**nullable, **siblings})

    def variant_name(self, default: str, index: int, variant: Any, *, is_extended: bool) -> str:
        """Return the name for a variant of a union: that of its component, unless names.yaml or another schema has it.

        Args:
            default: The name without regard to the component.
            index: The index of the variant.
            variant: The variant.
            is_extended: Whether the union adds fields to it, so that it is not the component alone.
        """
        suffix = f"Variant{index + 1}"
        pointer = component_pointer(variant)
        if pointer is None or not default.endswith(suffix):
            return default
        name = class_name(pointer.rsplit("/", 1)[-1])
        is_free = not self.names.is_listed(name) and (name not in self._kinds or name in self._owners)
        if is_free and not is_extended and self._owners.setdefault(name, pointer) == pointer:
            return name
        return f"{default.removesuffix(suffix)}{name}"

    def _reserve(self, name: str, kind: str, where: str) -> str:
        """Return the name for a schema: the given one, or one with a number if that belongs to a schema of another kind."""
        if len(name) > _LONGEST_NAME:
            msg = f"{where}: {name[:_LONGEST_NAME]}... is longer than {_LONGEST_NAME} characters; give it a name in names.yaml"
            raise UnsupportedError(msg)
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
    hides: str

    def _extract(self, schema: Any, name: NameFunction, step: str) -> Schema:
        return self.extractor.extract(
            self.document, schema, name, f"{self.where}{step}", self.depth + 1, hides=self.hides
        )

    def nameless(self, flat: Schema) -> Schema:
        """Extract what is inside a schema that does not become a component."""
        if variants := union_variants(flat):
            return self.union(flat, variants)
        if flat.get("type") == "array":
            plain = {key: value for key, value in flat.items() if key not in {"items", "additionalProperties"}}
            return {**plain_value(plain), "items": self.items(flat.get("items", {}))}
        if flat.get("type") == "object" or ("type" not in flat and "additionalProperties" in flat):
            return self.mapping(flat)
        return {**plain_value(flat), **({} if "type" in flat else self._untyped_items(flat))}

    def _untyped_items(self, flat: Schema) -> Schema:
        """Return items without the type of an array, as in CircleCI's policy bundles; they have no effect on code."""
        if "items" not in flat:
            return {}
        is_component = component_pointer(flat["items"]) is not None
        return {"items": self._extract(flat["items"], self.name, "[]") if is_component else flat["items"]}

    def union(self, flat: Schema, variants: Sequence[Any]) -> Schema:
        key = next(key for key in UNION_KEYS if key in flat)
        common = {k: flat[k] for k in _COMMON_TO_VARIANTS if k in flat}
        extracted = [
            self._extract(
                extended := self._extended(variant, common),
                self._variant_name(index, variant, is_extended=extended is not variant),
                f"|{index}",
            )
            for index, variant in enumerate(variants)
        ]
        handled = {*UNION_KEYS, *_COMMON_TO_VARIANTS, "type", "nullable", "additionalProperties", "discriminator"}
        rest = {k: v for k, v in flat.items() if k not in handled}
        null = {"nullable": True} if flat.get("nullable") or len(variants) < len(flat[key]) else {}
        if len(extracted) == 1:
            return with_siblings(extracted[0], {**rest, **null})
        return {key: extracted, **self._discriminator(flat, variants, extracted), **rest, **null}

    def _variant_name(self, index: int, variant: Any, *, is_extended: bool) -> NameFunction:
        return lambda _: self.extractor.variant_name(self.name(index), index, variant, is_extended=is_extended)

    def _discriminator(self, flat: Schema, variants: Sequence[Any], extracted: Sequence[Schema]) -> Schema:
        """Return the discriminator with a mapping that is complete and refers to the extracted variants."""
        source = flat.get("discriminator")
        if not is_object(source) or not isinstance(source.get("propertyName"), str):
            return {}
        targets = {
            pointer: str(unwrap_reference(schema)["$ref"])
            for variant, schema in zip(variants, extracted, strict=True)
            if (pointer := component_pointer(variant)) and "$ref" in unwrap_reference(schema)
        }
        mapping: dict[str, str] = {}
        for value, target in source.get("mapping", {}).items():
            pointer = target if target.startswith("#") else f"#/components/schemas/{target}"
            if pointer in targets:
                mapping[value] = targets[pointer]
            else:
                note = f"{self.where}: the discriminator maps {value!r} to {target!r}, which is not a variant; it is ignored"
                self.extractor.copies.others.append(note)
        # A variant that the mapping omits is identified by the name of its component.
        mapping |= {p.rsplit("/", 1)[-1]: new for p, new in targets.items() if new not in mapping.values()}
        ordered = {value: mapping[value] for value in sorted(mapping)}
        return {"discriminator": {"propertyName": source["propertyName"], "mapping": ordered}} if ordered else {}

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
        extracted = self._values(values) if is_object(values) and values else {}
        return {"type": "object", **plain, **({"additionalProperties": extracted} if extracted else {})}

    def _values(self, schema: Any) -> Schema:
        return self._extract(schema, lambda variant: self.extractor.names.values(self.name(variant)), ".*")

    def _is_hidden(self, schema: Any) -> bool:
        """Whether a field does not exist in this direction: a read-only field in a request, or the reverse."""
        if not self.hides:
            return False
        target, _ = resolve(self.document, schema, self.where)
        return target.get(self.hides) is True or (is_object(schema) and schema.get(self.hides) is True)

    def object(self, flat: Schema, name: str) -> Schema:
        names = self.extractor.names
        properties = {
            key: self._extract(
                flat["properties"][key], _field_name_function(names, name, key, flat["properties"][key]), f".{key}"
            )
            for key in sorted(flat["properties"], key=_field_order)
            if not self._is_hidden(flat["properties"][key])
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
