"""Apply overlay.yaml, our corrections of CircleCI's document.

The actions follow OpenAPI Overlay 1.0 (https://spec.openapis.org/overlay/v1.0.0.html) and are executed by oas-patch. They refer
to the document after its schemas were named, so that an action applies to every version of the document. We add three rules:

- Every action has an ``x-reason``.
- An action whose place does not exist in a document is a note, because a version may be too old or too new for it. An action
  whose place exists but no longer has what the action corrects is an error. A place is a path, an operation, a parameter, a
  schema or a field; see `place_of`.
- The top-level list ``x-retain`` names operations that newer documents omit although the API still supports them. They are
  copied from our ``openapi.json``.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, reduce
from pathlib import Path
from typing import Any

import attrs
import yaml
from jsonpath_ng.ext.filter import Filter
from jsonpath_ng.ext.parser import parse
from jsonpath_ng.jsonpath import Child, Fields
from oas_patch.overlay import apply_overlay  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

from circleci_v2._wire.json import is_array, is_object
from codegen.documents import Document
from codegen.errors import SpecError
from codegen.names import Names, canonical_key, snake_case
from codegen.normalize.operations import parameter_order
from codegen.queries import body_schema_of, component_of
from codegen.schemas import Schema

__all__ = ["Overlay", "OverlayResult", "clean_up", "place_of"]

OVERLAY_FILE = Path(__file__).with_name("overlay.yaml")

_SOMETIMES_ABSENT = "x-sometimes-absent"
_ALWAYS_PRESENT = "x-always-present"
_PLACE_PARENTS = frozenset({"properties", "schemas", "parameters", "responses", "securitySchemes"})


@attrs.frozen
class OverlayResult:
    """The actions of an overlay that match nothing in a document.

    Attributes:
        notes: Actions whose place does not exist in the document.
        problems: Actions whose place exists, but no longer has what they correct.
    """

    notes: Sequence[str]
    problems: Sequence[str]


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

    def apply(self, document: Document) -> OverlayResult:
        """Apply every action in place, and report the actions that match nothing.

        Args:
            document: The document with named schemas.
        """
        notes: list[str] = []
        problems: list[str] = []
        for action in self.actions:
            target = action["target"]
            if self.matches(action, document):
                _apply(action, document)
            elif action.get("remove"):
                continue  # already gone, as in openapi.json
            elif _has_place(target, document):
                problems.append(
                    f"overlay.yaml: {target} matches nothing, although its place is in the document; correct or remove it. "
                    f"Its reason: {action['x-reason']}"
                )
            else:
                notes.append(f"overlay.yaml: {target} is not in this document{_other_spelling(target, document)}")
        return OverlayResult(notes, problems)

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


def place_of(target: str) -> str:
    """Return the deepest path item, operation, parameter, schema or field that the target of an action leads through.

    ``$.components.schemas.Color.enum`` leads through ``$.components.schemas.Color``, and the place of
    ``$.components.schemas.Workflow.properties.id`` is the field itself.
    """
    return str(_joined(_place_steps(target)))


def _has_place(target: str, document: Document) -> bool:
    """Whether the place of a target, which matches nothing itself, is in a document."""
    place, steps = _place_steps(target), _steps(_parsed(target))
    return len(place) < len(steps) and bool(_joined(place).find(document))


def _place_steps(target: str) -> list[Any]:
    steps = _steps(_parsed(target))
    names = [_names(step) for step in steps]
    for end in range(len(steps), 1, -1):
        is_filtered = isinstance(steps[end - 1], Filter)
        is_path = names[1] == ("paths",) and end in (3, 4)
        if is_filtered or is_path or _PLACE_PARENTS.intersection(names[end - 2]):
            return steps[:end]
    return steps


def _other_spelling(target: str, document: Document) -> str:
    """Return a hint for a field that the document has with dashes instead of underscores, or the reverse."""
    steps = _steps(_parsed(target))
    for end in range(2, len(steps) + 1):
        if _names(steps[end - 2]) == ("properties",):
            wanted = {snake_case(name) for name in _names(steps[end - 1])}
            found = [key for match in _joined(steps[: end - 1]).find(document) for key in match.value]
            respelled = sorted({key for key in found if snake_case(key) in wanted})
            if respelled:
                return f", which has {', '.join(map(repr, respelled))}; add this spelling to the target if it is the same field"
    return ""


def _steps(path: Any) -> list[Any]:
    return [*_steps(path.left), *_steps(path.right)] if isinstance(path, Child) else [path]


def _names(step: Any) -> tuple[str, ...]:
    return tuple(step.fields) if isinstance(step, Fields) else ()


def _joined(steps: Sequence[Any]) -> Any:
    return reduce(Child, steps)


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
    for path, item in document["paths"].items():
        placeholders = re.findall(r"\{([^}]+)\}", path)
        for operation in item.values():
            operation["parameters"] = _in_order(operation["parameters"], placeholders)
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
    schema = document["components"]["schemas"].get(component_of(body_schema_of(body)), {})
    if schema.get("required"):
        content = body.pop("content")
        body |= {"required": True, "content": content}


def _in_order(parameters: Sequence[Schema], placeholders: Sequence[str]) -> list[Schema]:
    """Return each parameter once, in the order of the normal form."""
    first: dict[tuple[str, str], Schema] = {}
    for parameter in parameters:
        first.setdefault((parameter["in"], parameter["name"]), parameter)
    return [first[key] for key in sorted(first, key=lambda key: parameter_order(key, first[key], placeholders))]


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
    required = set(schema.pop("required", ()))
    for name, field in schema["properties"].items():
        if is_object(field) and field.pop(_ALWAYS_PRESENT, None):
            required.add(name)
        if is_object(field) and field.pop(_SOMETIMES_ABSENT, None):
            required.discard(name)
    if required:
        properties = schema.pop("properties")
        # In the order of the properties, which is the normal one.
        schema |= {"required": [name for name in properties if name in required], "properties": properties}
