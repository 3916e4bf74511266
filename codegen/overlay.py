"""overlay.yaml, applied: our corrections of the vendor's document, each with its reason.

The actions are OpenAPI Overlay 1.0, carried out by oas-patch. They speak of the document once its schemas are named, so
that one action holds for every version of the document. Three things are ours: ``x-reason`` on every action; an action
that matches nothing is an error unless it says ``x-optional: true``; and the top-level list ``x-retain`` names operations
that a newer document dropped although the API still has them: their facts come from our ``openapi.json``.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import yaml
from jsonpath_ng.ext.parser import parse as parse_json_path
from oas_patch.overlay import apply_overlay  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

from circleci_v2._wire.json import is_array, is_object
from codegen.documents import Document
from codegen.errors import SpecError
from codegen.names import Names, canonical_key
from codegen.schemas import Schema

__all__ = ["Overlay", "settle"]

OVERLAY_FILE = Path(__file__).with_name("overlay.yaml")

_SOMETIMES_ABSENT = "x-sometimes-absent"


@attrs.frozen
class Overlay:
    """The corrections of one overlay file."""

    actions: Sequence[Mapping[str, Any]]
    retained: Sequence[Mapping[str, Any]]

    @classmethod
    def load(cls, path: Path = OVERLAY_FILE) -> Overlay:
        """Read an overlay, and insist on a reason for every part of it."""
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        entries = [*content.get("actions", ()), *content.get("x-retain", ())]
        for entry in entries:
            if not entry.get("x-reason"):
                msg = f"{path.name}: {entry.get('target', entry.get('operation'))} has no x-reason"
                raise SpecError(msg)
        return cls(content.get("actions", ()), content.get("x-retain", ()))

    def to_retain(self, present: set[str]) -> Iterator[tuple[str, str]]:
        """Path and method of each operation to bring back into a document that holds the operations `present`."""
        for entry in self.retained:
            method, path = entry["operation"].split(" ", 1)
            since_method, since_path = entry["dropped-with"].split(" ", 1)
            if canonical_key(since_method, since_path) in present and canonical_key(method, path) not in present:
                yield path, method.lower()

    def apply(self, document: Document, *, strict: bool = True) -> list[str]:
        """Apply every action in place; returns a note for each action that found nothing.

        Args:
            document: The document, its schemas named.
            strict: Whether an action has to find something unless it is optional.

        Raises:
            SpecError: Strictly, an action that is not optional matches nothing.
        """
        idle: list[str] = []
        for action in self.actions:
            target = action["target"]
            if self.matches(action, document):
                apply_overlay(document, {"actions": [action]})
            elif action.get("remove"):
                continue  # already gone, as in openapi.json
            elif action.get("x-optional"):
                idle.append(f"overlay: {target} is not in this document")
            else:
                msg = f"overlay.yaml: {target} matches nothing; the reason for it was: {action['x-reason']}"
                if strict:
                    raise SpecError(msg)
                idle.append(msg)
        return idle

    def matches(self, action: Mapping[str, Any], document: Document) -> bool:
        """Whether an action finds anything in a document whose schemas are named."""
        return bool(parse_json_path(action["target"]).find(document))

    def superfluous(self, document: Document, names: Names) -> list[Mapping[str, Any]]:
        """The actions that match something in a document, and make no difference to it.

        Args:
            document: A document whose schemas are named; it is not changed.
            names: The table of names.
        """
        without = copy.deepcopy(document)
        settle(without, names)
        found: list[Mapping[str, Any]] = []
        for action in self.actions:
            if self.matches(action, document):
                corrected = copy.deepcopy(document)
                apply_overlay(corrected, {"actions": [action]})
                settle(corrected, names)
                if corrected == without:
                    found.append(action)
        return found


def settle(document: Document, names: Names) -> None:
    """Put what an overlay has added into normal form, so that applying it twice is applying it once."""
    for item in document["paths"].values():
        for operation in item.values():
            operation["parameters"] = _first_of_each(operation["parameters"])
    for schema in document["components"]["schemas"].values():
        if "enum" in schema:
            schema["enum"] = names.ordered(schema["enum"])
    _settle_value(document["paths"])
    _settle_value(document["components"]["schemas"])


def _first_of_each(parameters: Sequence[Schema]) -> list[Schema]:
    by_place: dict[tuple[str, str], Schema] = {}
    for parameter in parameters:
        by_place.setdefault((parameter["in"], parameter["name"]), parameter)
    return list(by_place.values())


def _settle_value(value: Any) -> None:
    if is_array(value):
        for item in value:
            _settle_value(item)
    elif is_object(value):
        if is_object(value.get("properties")):
            _settle_object(value)
        for item in value.values():
            _settle_value(item)
        if "$ref" in value and len(value) > 1:
            value["allOf"] = [{"$ref": value.pop("$ref")}]


def _settle_object(schema: Schema) -> None:
    absent = {
        name for name, field in schema["properties"].items() if is_object(field) and field.pop(_SOMETIMES_ABSENT, None)
    }
    required = [name for name in schema.get("required", ()) if name not in absent]
    schema.pop("required", None)
    if required:
        properties = schema.pop("properties")
        schema |= {"required": required, "properties": properties}
