"""Correct what is invalid in a document and does not matter to the package.

- A response without a description gets an empty one.
- A default that does not fit its schema is removed, with a note: the API cannot mean it.
- A ``pattern`` that is not a regular expression of Python is removed, with a note: the client does not check values.
- ``allowReserved`` is removed where OpenAPI 3.1 forbids it; the package encodes every path parameter in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import attrs

from circleci_v2._wire.json import is_array, is_object
from codegen.documents import Document

__all__ = ["Tolerated", "objects_in", "tolerate"]

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
_FORMATS: Mapping[str, Callable[[str], object]] = {
    "uuid": UUID,
    "date": date.fromisoformat,
    "date-time": datetime.fromisoformat,
}
_MAXIMUM_DEPTH = 200
_HOLDERS_OF_NAMES = ("/properties", "/schemas", "/parameters", "/example", "/examples")
"""Objects whose keys are names, which may be `default` or `pattern`, and examples, which may hold anything."""


@attrs.frozen
class Tolerated:
    """A corrected copy of a document.

    Attributes:
        document: The copy.
        notes: One line for each ignored default and pattern, with its location.
    """

    document: Document
    notes: list[str]


def tolerate(document: Mapping[str, Any]) -> Tolerated:
    """Return a copy of a document without the invalid parts that do not matter."""
    notes: list[str] = []
    copied: Document = _corrected(document, "", notes, 0)
    components = copied.get("components")
    holders = [components] if is_object(components) else []
    for item in objects_in(copied.get("paths")):
        holders += objects_in(item)
    for holder in holders:
        for response in objects_in(holder.get("responses")):
            if "$ref" not in response:
                response.setdefault("description", "")
    return Tolerated(copied, notes)


def objects_in(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects among the values of an object."""
    yield from (item for item in value.values() if is_object(item)) if is_object(value) else ()


def _corrected(value: Any, location: str, notes: list[str], depth: int) -> Any:
    if depth > _MAXIMUM_DEPTH:
        return value
    if is_array(value):
        return [_corrected(item, f"{location}/{index}", notes, depth + 1) for index, item in enumerate(value)]
    if not is_object(value):
        return value
    copied = {key: _corrected(item, f"{location}/{key}", notes, depth + 1) for key, item in value.items()}
    if value.get("in") == "path" and "name" in value:
        copied.pop("allowReserved", None)
    if not location.endswith(_HOLDERS_OF_NAMES):
        for key, problem in (("default", _misfit(value)), ("pattern", _flaw(value.get("pattern")))):
            if problem:
                notes.append(f"{location.lstrip('/')}: the {key} {value[key]!r} is not {problem}; it is ignored")
                del copied[key]
    return copied


def _flaw(pattern: Any) -> str:
    """Return what a pattern should be; empty if there is none, or if Python can read it."""
    try:
        re.compile(pattern if isinstance(pattern, str) else "")
    except (re.error, OverflowError, RecursionError) as error:
        return f"a regular expression of Python ({error})"
    return ""


def _misfit(schema: Mapping[str, Any]) -> str:
    """Return what the default of a schema should be; empty if it fits, or if there is no default or no type."""
    default, kind, values = schema.get("default"), schema.get("type"), schema.get("enum")
    if default is None:
        return ""
    if is_array(values) and values and default not in values:
        return f"one of {values!r}"
    kinds = kind if is_array(kind) else [kind]
    expected = [expected for each in kinds for expected in _TYPES.get(str(each), ())]
    is_wrong = bool(expected) and (
        not isinstance(default, tuple(expected)) or (isinstance(default, bool) and "boolean" not in kinds)
    )
    if is_wrong:
        return f"of type {' or '.join(map(str, kinds))}"
    read = _FORMATS.get(str(schema.get("format")))
    if read is not None and isinstance(default, str):
        try:
            read(default)
        except ValueError:
            return f"a {schema['format']}"
    return ""
