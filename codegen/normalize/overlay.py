"""Apply overlay.yaml, our corrections of CircleCI's document.

The actions follow OpenAPI Overlay 1.0 (https://spec.openapis.org/overlay/v1.0.0.html) and are executed by oas-patch. They refer
to the document after its schemas were named, so that an action applies to every version of the document. We add three rules:

- Every action has an ``x-reason``.
- An action that matches nothing is an error unless it has ``x-optional: true``.
- The top-level list ``x-retain`` names operations that newer documents omit although the API still supports them. They are
  copied from our ``openapi.json``.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import yaml
from jsonpath_ng.ext.parser import parse
from oas_patch.overlay import apply_overlay  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

from circleci_v2._wire.json import is_array, is_object
from codegen.documents import Document
from codegen.errors import SpecError
from codegen.names import Names, canonical_key
from codegen.queries import component_of, json_schema_of
from codegen.schemas import Schema

__all__ = ["Overlay", "clean_up"]

OVERLAY_FILE = Path(__file__).with_name("overlay.yaml")

_SOMETIMES_ABSENT = "x-sometimes-absent"


@attrs.frozen
class Overlay:
    """The corrections of an overlay file.

    Attributes:
        actions: The actions, each with a target and an update.
        retained: The operations to retain.
    """

    actions: Sequence[Mapping[str, Any]]
    retained: Sequence[Mapping[str, Any]]

    @classmethod
    def load(cls, path: Path = OVERLAY_FILE) -> Overlay:
        """Read an overlay file.

        Raises:
            SpecError: An entry has no reason.
        """
        content = _read(path)
        entries = [*content.get("actions", ()), *content.get("x-retain", ())]
        for entry in entries:
            if not entry.get("x-reason"):
                msg = f"{path.name}: {entry.get('target', entry.get('operation'))} has no x-reason; add one"
                raise SpecError(msg)
        return cls(content.get("actions", ()), content.get("x-retain", ()))

    def to_retain(self, present: set[str]) -> Iterator[tuple[str, str]]:
        """Yield path and method of every operation that a document lacks and that has to be retained.

        Args:
            present: The canonical keys of the operations in the document.
        """
        for entry in self.retained:
            method, path = entry["operation"].split(" ", 1)
            since_method, since_path = entry["dropped-with"].split(" ", 1)
            if canonical_key(since_method, since_path) in present and canonical_key(method, path) not in present:
                yield path, method.lower()

    def apply(self, document: Document, *, strict: bool = True) -> list[str]:
        """Apply every action in place; return a note for every action that matches nothing.

        Args:
            document: The document with named schemas.
            strict: Whether it is an error if an action that is not optional matches nothing.

        Raises:
            SpecError: `strict` is set, and an action that is not optional matches nothing.
        """
        notes: list[str] = []
        for action in self.actions:
            target = action["target"]
            if self.matches(action, document):
                _apply(action, document)
            elif action.get("remove"):
                continue  # already gone, as in openapi.json
            elif action.get("x-optional"):
                notes.append(f"overlay.yaml: {target} is not in this document")
            else:
                msg = f"overlay.yaml: {target} matches nothing; correct or remove it. Its reason: {action['x-reason']}"
                if strict:
                    raise SpecError(msg)
                notes.append(msg)
        return notes

    def matches(self, action: Mapping[str, Any], document: Document) -> bool:
        """Whether an action matches anything in a document with named schemas."""
        return bool(_parsed(action["target"]).find(document))

    def redundant(self, document: Document, names: Names) -> list[Mapping[str, Any]]:
        """Return the actions that match something in a document but do not change it.

        Args:
            document: The document with named schemas; it is not changed.
            names: The table of names.
        """
        found: list[Mapping[str, Any]] = []
        for action in self.actions:
            if self.matches(action, document):
                uncorrected, corrected = _targets(action, document), _targets(action, document)
                _apply(action, corrected)
                clean_up(uncorrected, names)
                clean_up(corrected, names)
                if corrected == uncorrected:
                    found.append(action)
        return found


@cache
def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@cache
def _parsed(path: str) -> Any:
    return parse(path)


def _apply(action: Mapping[str, Any], document: Document) -> None:
    # oas-patch inserts parts of the update into the document, which is changed later.
    apply_overlay(document, {"actions": [copy.deepcopy(action)]})


def _targets(action: Mapping[str, Any], document: Document) -> Document:
    """Copy the path items and schemas that an action matches; copying the complete document would take far longer."""
    part: Document = {"paths": {}, "components": {"schemas": {}}}
    for match in _parsed(action["target"]).find(document):
        keys = _keys(match)
        source, target = document, part
        for key in keys[: 1 if keys[0] == "paths" else 2]:
            source, target = source[key], target[key]
        name = keys[1 if keys[0] == "paths" else 2]
        target[name] = copy.deepcopy(source[name])
    return part


def _keys(match: Any) -> list[str]:
    """Return the keys from the root of the document to a match; an index of a list is an empty string."""
    return [] if match.context is None else [*_keys(match.context), getattr(match.path, "fields", ("",))[0]]


def clean_up(document: Document, names: Names) -> None:
    """Bring what the overlay added into normal form, in place; applying the overlay again then changes nothing."""
    for item in document["paths"].values():
        for operation in item.values():
            operation["parameters"] = _without_duplicates(operation["parameters"])
            operation["responses"] = dict(sorted(operation["responses"].items()))
    for schema in document["components"]["schemas"].values():
        if "enum" in schema:
            schema["enum"] = names.ordered(schema["enum"])
    for item in document["paths"].values():
        for operation in item.values():
            _require_body(document, operation.get("requestBody", {}))
    _clean_up_value(document["paths"])
    _clean_up_value(document["components"]["schemas"])


def _require_body(document: Document, body: dict[str, Any]) -> None:
    """Mark a body as required if it has required fields."""
    schema = document["components"]["schemas"].get(component_of(json_schema_of(body)), {})
    if schema.get("required"):
        content = body.pop("content")
        body |= {"required": True, "content": content}


def _without_duplicates(parameters: Sequence[Schema]) -> list[Schema]:
    first: dict[tuple[str, str], Schema] = {}
    for parameter in parameters:
        first.setdefault((parameter["in"], parameter["name"]), parameter)
    return list(first.values())


def _clean_up_value(value: Any) -> None:
    if is_array(value):
        for item in value:
            _clean_up_value(item)
    elif is_object(value):
        if is_object(value.get("properties")):
            _clean_up_object(value)
        for item in value.values():
            _clean_up_value(item)
        if "$ref" in value and len(value) > 1:
            value["allOf"] = [{"$ref": value.pop("$ref")}]


def _clean_up_object(schema: Schema) -> None:
    absent = {
        name for name, field in schema["properties"].items() if is_object(field) and field.pop(_SOMETIMES_ABSENT, None)
    }
    required = [name for name in dict.fromkeys(schema.get("required", ())) if name not in absent]
    schema.pop("required", None)
    if required:
        properties = schema.pop("properties")
        schema |= {"required": required, "properties": properties}
