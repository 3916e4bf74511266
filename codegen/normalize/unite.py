"""Unite the copies of a schema that differ.

CircleCI writes most schemas several times and usually changes one copy first. The united schema describes what the copies
allow:

- A field that is missing from a copy, or not required by it, is optional. One that may be null in a copy may be null.
- An enum has the values of all copies. An enum and a plain string are the enum, because enums are open.
- An empty schema, an object without fields and a string without a format say less than another copy, and give way to it.
- An integer and a number are a number. Other types of single values that contradict each other are a union of both.
- Anything else that contradicts itself, such as an object and a string, is Any.

Each decision becomes a note that names both places. An overlay action can replace the result, because it applies later.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from circleci_v2._wire.json import is_object
from codegen.normalize.flatten import UNION_KEYS, with_siblings
from codegen.schemas import CONSTRAINT_KEYS, DOC_KEYS, Schema, add_missing_details, first_difference, unwrap_reference

__all__ = ["CopyNotes", "SchemaUnion"]

_SAYS_NOTHING = DOC_KEYS | CONSTRAINT_KEYS | {"nullable", "deprecated"}
_NUMBERS = frozenset({"integer", "number"})
_STRUCTURES = frozenset({"object", "array"})


@attrs.define
class CopyNotes:
    """The differences between copies: one note per schema or field, with every place that differs from the first copy.

    Attributes:
        others: Notes about other parts of the document that the package does not describe as they are.
    """

    others: list[str] = attrs.field(factory=list[str])

    _places: dict[tuple[str, str], list[str]] = attrs.field(factory=dict[tuple[str, str], list[str]])
    _texts: dict[tuple[str, str], tuple[str, str]] = attrs.field(factory=dict[tuple[str, str], tuple[str, str]])
    _subjects: dict[str, str] = attrs.field(factory=dict[str, str])

    def add(self, subject: str, kind: str, where: str, before: str, after: str) -> None:
        """Record a difference; only the first kind of difference of a subject is recorded.

        Args:
            subject: The schema or field.
            kind: The kind of difference.
            where: The place that differs from the first copy.
            before: The note before the places.
            after: The note after the places.
        """
        if self._subjects.setdefault(subject, kind) == kind:
            self._texts.setdefault((subject, kind), (before, after))
            places = self._places.setdefault((subject, kind), [])
            if where not in places:
                places.append(where)

    def lines(self) -> list[str]:
        """Return the notes, in the order in which the differences were found."""
        found = [f"{before}{' and at '.join(self._places[key])}{after}" for key, (before, after) in self._texts.items()]
        return [*found, *self.others]


@attrs.frozen
class SchemaUnion:
    """Unites a copy of a schema with the first one.

    Attributes:
        components: Name -> schema, to look up what a reference refers to.
        notes: Receives the differences.
        name: The name of the schema.
        origin: The place of the first copy.
        where: The place of the other copy.
    """

    components: Mapping[str, Schema]
    notes: CopyNotes
    name: str
    origin: str
    where: str

    def unite(self, known: Schema, other: Schema) -> None:
        """Change the first copy in place, so that it also describes the other; both are enums, or both have fields."""
        if first_difference(known, other) is None:
            add_missing_details(known, other)
            return
        for key in DOC_KEYS & other.keys():
            known.setdefault(key, other[key])
        if "enum" in known:
            before = f"{self.name} has different values at {self.origin} and at "
            self.notes.add(self.name, "values", self.where, before, "; the enum has all of them")
            known["enum"] = list(dict.fromkeys([*known["enum"], *other["enum"]]))
            return
        self._unite_fields(known, other)
        if "additionalProperties" in known and "additionalProperties" in other:
            one, two = known["additionalProperties"], other["additionalProperties"]
            known["additionalProperties"] = self._value(one, two, f"{self.name}.*")
        elif "additionalProperties" in other:
            known["additionalProperties"] = other["additionalProperties"]

    def _unite_fields(self, known: Schema, other: Schema) -> None:
        one, two = known["properties"], other["properties"]
        required = [key for key in known.get("required", ()) if key in other.get("required", ())]
        optional = {*known.get("required", ()), *other.get("required", ())} - {*required}
        for key in [*one, *(key for key in two if key not in one)]:
            subject = f"{self.name}.{key}"
            if key not in two:
                self._differs(
                    subject, "is missing", f"{subject} is at {self.origin} and missing at ", "; it is optional"
                )
            elif key not in one:
                one[key] = two[key]
                self._differs(
                    subject, "is more", f"{subject} is missing at {self.origin} and is at ", "; it is optional"
                )
            else:
                if key in optional:
                    before = f"{subject} is not required in the same copies: at {self.origin} and at "
                    self._differs(subject, "required", before, "; it is optional")
                one[key] = self._value(one[key], two[key], subject)
        known.pop("required", None)
        if required:
            properties = known.pop("properties")
            known |= {"required": required, "properties": properties}

    def _differs(self, subject: str, kind: str, before: str, after: str) -> None:
        self.notes.add(subject, kind, self.where, before, after)

    def _value(self, one: Schema, two: Schema, subject: str) -> Schema:
        """Unite two schemas of a field, an item or a value."""
        if first_difference(one, two) is None:
            add_missing_details(one, two)
            return one
        united, outcome = self._united(_not_null(one), _not_null(two), subject)
        kinds = f"{self._kind(one)} at {self.origin} and {self._kind(two)} at "
        if one.get("nullable") or two.get("nullable"):
            united = with_siblings(united, {"nullable": True}) if "$ref" in united else {**united, "nullable": True}
        if not outcome and bool(one.get("nullable")) != bool(two.get("nullable")):
            outcome = "it may be null"
            kinds = f"{_null(one)} at {self.origin} and {_null(two)} at "
        if outcome:
            self._differs(subject, "type", f"{subject} is {kinds}", f"; {outcome}")
        return united

    def _united(self, one: Schema, two: Schema, subject: str) -> tuple[Schema, str]:
        """Return the united schema, and what it is if the two contradict each other or one says more."""
        if first_difference(one, two) is None:
            return one, ""
        for less, more in ((one, two), (two, one)):
            if self._says_less(less, more):
                return more, f"it is {self._kind(more)}"
        kinds = {one.get("type"), two.get("type")}
        if kinds == {"array"}:
            return {**one, "items": self._value(one["items"], two["items"], f"{subject}[]")}, ""
        if kinds == {"object"} and "additionalProperties" in one and "additionalProperties" in two:
            values = self._value(one["additionalProperties"], two["additionalProperties"], f"{subject}.*")
            return {**one, "additionalProperties": values}, ""
        if kinds <= _NUMBERS:
            return {**one, **two, "type": "number"}, "it is a number"
        if len(kinds) == 1 and None not in kinds and not kinds & _STRUCTURES:
            return {key: value for key, value in one.items() if key != "format"}, "it has no format"
        if all(self._is_single(schema) for schema in (one, two)):
            variants = [*_variants(one), *(variant for variant in _variants(two) if variant not in _variants(one))]
            return {"anyOf": variants}, "it is either"
        docs = {key: one[key] for key in one if key in DOC_KEYS}
        return docs, "it is Any"

    def _says_less(self, one: Schema, other: Schema) -> bool:
        if not one.keys() - _SAYS_NOTHING:
            return True
        if one.get("type") == "object" and "additionalProperties" not in one:
            return self._component(other).get("type") == "object" or other.get("type") == "object"
        if one.get("type") == "string" and "format" not in one:
            return other.get("type") == "string" or "enum" in self._component(other)
        return False

    def _is_single(self, schema: Schema) -> bool:
        """Whether a schema is a single value, or a union; a union may have any variants."""
        return any(key in schema for key in UNION_KEYS) or (
            schema.get("type") not in {*_STRUCTURES, None} and "$ref" not in schema
        )

    def _component(self, schema: Schema) -> Schema:
        pointer = unwrap_reference(schema).get("$ref")
        return self.components.get(str(pointer).rsplit("/", 1)[-1], {}) if pointer else {}

    def _kind(self, schema: Schema) -> str:
        pointer = unwrap_reference(schema).get("$ref")
        if pointer:
            return str(pointer).rsplit("/", 1)[-1]
        if any(key in schema for key in UNION_KEYS):
            return "a union"
        words = [str(schema.get("type", "without a type")), *([f"({schema['format']})"] if "format" in schema else [])]
        return " ".join(words)


def _not_null(schema: Schema) -> Schema:
    rest = {key: value for key, value in schema.items() if key != "nullable"}
    return rest["allOf"][0] if set(rest) == {"allOf"} and is_object(rest["allOf"][0]) else rest


def _null(schema: Mapping[str, Any]) -> str:
    return "nullable" if schema.get("nullable") else "not nullable"


def _variants(schema: Schema) -> list[Any]:
    for key in UNION_KEYS:
        if key in schema:
            return list(schema[key])
    return [{key: value for key, value in schema.items() if key not in DOC_KEYS}]
