"""Layouts: how a JSON object was written, shared by all models that were read from objects of the same form.

A model whose object is exactly as the API's document describes it does not keep that object. Its layout, together with the
values of its fields, gives the object back: the keys that were present, in their order, and the notation of its times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from circleci_v2._wire.types import WireField, wire_fields

__all__ = [
    "EITHER",
    "MILLISECONDS",
    "NO_TIMES",
    "Layout",
    "combined_notation",
    "datetime_text",
    "find_layouts",
    "utc_notation",
]

NO_TIMES: Final = ""
"""The notation of an object in which all times are null or absent."""

_AS_NEEDED: Final = ("Z", "+00:00")
"""The notations with as many digits of the second as the value needs (none, three or six), by the text for UTC."""

MILLISECONDS: Final = ".000Z"
"""The notation with three digits, even if they are zeros."""

EITHER: Final = ".Z"
"""The notation of times that have three digits and need them."""

# The order of keys is up to the server, which could send another one with each object. CircleCI's objects have a few.
# Beyond this number, layouts are shared by fewer models.
_MAX_LAYOUTS: Final = 64


class Layout:
    """The form of a JSON object.

    Attributes:
        kind: The model.
        fields: The fields that were present, in the order of their keys.
        notation: The notation of its times.
    """

    __slots__ = ("fields", "kind", "notation")

    def __init__(self, kind: Any, fields: Sequence[WireField], notation: str) -> None:
        self.kind = kind
        self.fields = fields
        self.notation = notation

    def __reduce__(self) -> tuple[Any, ...]:
        # Copies and unpickled models share their layouts, too.
        return _restored, (self.kind, tuple(field.key for field in self.fields), self.notation)


def find_layouts(kind: Any, keys: Sequence[str]) -> Mapping[str | None, Layout] | None:
    """The layouts of a model with these keys, by the notation of times.

    Returns:
        None if one of the keys is unknown or in another spelling than the published one.
    """
    layouts = _layouts_of(kind)
    found = layouts.get(keys)
    if found is None:
        fields = {field.key: field for field in wire_fields(kind)}
        if not fields.keys() >= set(keys):
            return None
        if len(layouts) >= _MAX_LAYOUTS:
            layouts.clear()
        of_keys = tuple(fields[key] for key in keys)
        notations = (*_AS_NEEDED, MILLISECONDS)
        by_notation: dict[str | None, Layout] = {one: Layout(kind, of_keys, one) for one in notations}
        found = layouts[keys] = {**by_notation, EITHER: by_notation["Z"], NO_TIMES: by_notation["Z"]}
    return found


@cache
def _layouts_of(kind: Any) -> dict[Sequence[str], Mapping[str | None, Layout]]:
    del kind  # the key of the cache
    return {}


def _restored(kind: Any, keys: Sequence[str], notation: str) -> Layout:
    known = {field.key for field in wire_fields(kind)}
    # Only the fields that this version of the model has.
    layouts = find_layouts(kind, tuple(key for key in keys if key in known)) or {}
    return layouts[notation]


def utc_notation(text: str, moment: datetime, before: str | None) -> str | None:
    """The notation in which `datetime_text` writes a moment exactly as in the text that it was read from.

    Args:
        text: The text.
        moment: The moment that `datetime.fromisoformat` reads from it.
        before: The notation of another time in the same object; `NO_TIMES` for the first.

    Returns:
        None for every other notation, and if the time before has no notation in common with this one.
    """
    if text[4:17:3] != "--T::":
        return None
    tail = text[19:]
    if tail in _AS_NEEDED:
        return combined_notation(before, tail)
    found = None
    if tail[:1] == ".":
        needs_six_digits = moment.microsecond % 1000 != 0
        end = tail[7 if needs_six_digits else 4 :]
        if end == "Z" and not needs_six_digits:
            found = EITHER if moment.microsecond else MILLISECONDS
        elif end in _AS_NEEDED and moment.microsecond:
            found = end
    return combined_notation(before, found)


def combined_notation(before: str | None, found: str | None) -> str | None:
    """The notation of an object that has times in two notations; None if there is none."""
    if before in {NO_TIMES, found}:
        return found
    both = {before, found}
    return (both - {EITHER}).pop() if EITHER in both and both <= {EITHER, MILLISECONDS, "Z"} else None


def datetime_text(moment: datetime, notation: str) -> str | None:
    """RFC 3339 text of a moment in UTC.

    Returns:
        None for another time zone.
    """
    if moment.tzinfo is not UTC:
        return None
    needs_six_digits = moment.microsecond % 1000 != 0
    has_digits = moment.microsecond or notation == MILLISECONDS
    precision = "microseconds" if needs_six_digits else "milliseconds" if has_digits else "seconds"
    return moment.isoformat(timespec=precision)[:-6] + ("+00:00" if notation == "+00:00" else "Z")
