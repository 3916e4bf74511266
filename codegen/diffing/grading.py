"""How bad it is when a type, or what is said of a value beyond its type, changes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from codegen.diffing.changes import Grade
from codegen.generate.annotations import covers_as_response, covers_as_argument

__all__ = ["changed_facts", "grade_of_answer", "grade_of_argument"]

_UPPER_BOUNDS = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems"})
_LOWER_BOUNDS = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems"})
_FORMS_OF_TEXT = frozenset({"UUID", "date"})
"""Types that an argument takes as text too, as long as it has their form."""


def grade_of_answer(old: str, new: str, enums: AbstractSet[str]) -> Grade:
    """What it means to callers that a value they are answered has another type.

    Args:
        old: The type it had.
        new: The type it has.
        enums: The names that are enums.
    """
    if old == "None" or covers_as_response(old, new, enums):
        return Grade.SAFE
    if covers_as_response(new, old, enums):
        return Grade.BREAKS_AT_RUN_TIME
    return Grade.BREAKS_CALLERS


def grade_of_argument(old: str, new: str, enums: AbstractSet[str]) -> Grade:
    """What it means to callers that a value they give has another type; the arguments are those of `grade_of_answer`."""
    if not covers_as_argument(new, old, enums):
        return Grade.BREAKS_CALLERS
    now_in_form = _FORMS_OF_TEXT & (_names_in(new) - _names_in(old))
    return Grade.BREAKS_AT_RUN_TIME if now_in_form and "str" in _names_in(old) else Grade.SAFE


def _names_in(annotation: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", annotation))


def changed_facts(old: Mapping[str, Any], new: Mapping[str, Any], *, sent: bool) -> Iterator[tuple[Grade, str, str]]:
    """What is said otherwise of a value whose Python type is the same: grade, kind of change, sentence for it.

    Args:
        old: What was said.
        new: What is said.
        sent: Whether callers send the value. What they are answered may be bounded in any way, and has no default.
    """
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        if before != after and (sent or key != "default"):
            grade = _grade_of_fact(key, before, after) if sent else Grade.SAFE
            yield grade, "default" if key == "default" else "bounds", _sentence(key, before, after)


def _grade_of_fact(key: str, before: Any, after: Any) -> Grade:
    if key == "default":
        return Grade.BREAKS_AT_RUN_TIME
    if after is None or key == "format":
        # A format that matters to Python makes another type; of the others, only the documentation speaks.
        return Grade.SAFE
    if before is not None and key in _UPPER_BOUNDS:
        return Grade.BREAKS_AT_RUN_TIME if after < before else Grade.SAFE
    if before is not None and key in _LOWER_BOUNDS:
        return Grade.BREAKS_AT_RUN_TIME if after > before else Grade.SAFE
    return Grade.BREAKS_AT_RUN_TIME


def _sentence(key: str, before: Any, after: Any) -> str:
    if before is None:
        return f"now has the {key} {after!r}"
    if after is None:
        return f"no longer has the {key} {before!r}"
    return f"has the {key} {after!r}, was {before!r}"
