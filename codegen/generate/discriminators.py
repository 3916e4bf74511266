"""The values by which the variants of a union are distinguished in a response."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from circleci_v2._wire.json import is_array, is_object
from codegen.documents import Document
from codegen.queries import component_of

__all__ = ["Tags", "tags_of"]

Tags = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Model -> field -> the values of that field by which the model is recognized."""


def tags_of(document: Document) -> tuple[Tags, list[str]]:
    """Return the values of all discriminators of a document, and notes about those that contradict each other."""
    found: dict[str, dict[str, set[str]]] = {}
    unions = list(_discriminators(document))
    for field, mapping in unions:
        for value, model in mapping.items():
            found.setdefault(model, {}).setdefault(field, set()).add(value)
    notes: list[str] = []
    for field, mapping in unions:
        for one, other in combinations(sorted(set(mapping.values())), 2):
            shared = found[one].get(field, set()) & found[other].get(field, set())
            if shared:
                notes.append(
                    f"schemas {one} and {other} are both identified by the {field} {min(shared)!r} in different unions; "
                    "responses are distinguished by their other fields"
                )
                del found[one][field], found[other][field]
    tags = {
        model: {field: tuple(sorted(values)) for field, values in fields.items()}
        for model, fields in found.items()
        if fields
    }
    return tags, notes


def _discriminators(value: Any) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the field of each discriminator in a part of a document, and value -> model."""
    if is_array(value):
        for item in value:
            yield from _discriminators(item)
    elif is_object(value):
        source = value.get("discriminator")
        if is_object(source) and is_object(source.get("mapping")):
            mapping = {key: component_of({"$ref": target}) for key, target in source["mapping"].items()}
            yield str(source["propertyName"]), mapping
        for item in value.values():
            yield from _discriminators(item)
