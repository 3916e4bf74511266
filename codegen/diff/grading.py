"""Grade changes of types and of constraints."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from codegen.diff.changes import Grade
from codegen.generate.annotations import covers_as_argument, covers_as_response

__all__ = ["changed_constraints", "grade_of_argument", "grade_of_returned"]

_UPPER_BOUNDS = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems"})
_LOWER_BOUNDS = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems"})
_STRING_FORMATS = frozenset({"UUID", "date"})
"""Argument types that also accept a string, if it has the right format."""


def grade_of_returned(old: str, new: str, enums: AbstractSet[str]) -> Grade:
    """Grade the change of the type of a value that callers receive.

    Args:
        old: The type in the old package.
        new: The type in the new package.
        enums: The names of all enums.
    """
    if old == "None" or covers_as_response(old, new, enums):
        return Grade.SAFE
    if covers_as_response(new, old, enums):
        return Grade.BREAKS_AT_RUN_TIME
    return Grade.BREAKS_CALLERS


def grade_of_argument(old: str, new: str, enums: AbstractSet[str]) -> Grade:
    """Grade the change of the type of a value that callers pass; the arguments are those of `grade_of_returned`."""
    if not covers_as_argument(new, old, enums):
        return Grade.BREAKS_CALLERS
    needs_format = _STRING_FORMATS & (_names_in(new) - _names_in(old))
    return Grade.BREAKS_AT_RUN_TIME if needs_format and "str" in _names_in(old) else Grade.SAFE


def _names_in(annotation: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", annotation))


def changed_constraints(
    old: Mapping[str, Any], new: Mapping[str, Any], *, sent: bool
) -> Iterator[tuple[Grade, str, str]]:
    """Yield grade, kind and message for each changed constraint of a value whose Python type is unchanged.

    Args:
        old: The constraints in the old document.
        new: The constraints in the new document.
        sent: Whether callers send the value. For received values no bound can break a caller, and defaults do not apply.
    """
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        if before != after and (sent or key != "default"):
            grade = _grade_of_constraint(key, before, after) if sent else Grade.SAFE
            yield grade, "default" if key == "default" else "bounds", _message(key, before, after)


def _grade_of_constraint(key: str, before: Any, after: Any) -> Grade:
    if key == "default":
        return Grade.BREAKS_AT_RUN_TIME
    if after is None or key == "format":
        # Formats that matter to Python change the type; the others are documentation only.
        return Grade.SAFE
    if before is not None and key in _UPPER_BOUNDS:
        return Grade.BREAKS_AT_RUN_TIME if after < before else Grade.SAFE
    if before is not None and key in _LOWER_BOUNDS:
        return Grade.BREAKS_AT_RUN_TIME if after > before else Grade.SAFE
    return Grade.BREAKS_AT_RUN_TIME


def _message(key: str, before: Any, after: Any) -> str:
    if before is None:
        return f"now has the {key} {after!r}"
    if after is None:
        return f"no longer has the {key} {before!r}"
    return f"has the {key} {after!r}, was {before!r}"
