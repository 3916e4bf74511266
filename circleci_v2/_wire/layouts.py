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

__all__ = ["NO_TIMES", "Layout", "datetime_text", "find_layouts", "utc_suffix"]

NO_TIMES: Final = ""
"""The suffix of an object in which all times are null or absent."""

_SUFFIXES: Final = ("Z", "+00:00")

# The order of keys is up to the server, which could send another one with each object. CircleCI's objects have a few.
_MAX_LAYOUTS: Final = 64


class Layout:
    """The form of a JSON object.

    Attributes:
        kind: The model.
        fields: The fields that were present, in the order of their keys.
        suffix: The notation of UTC at the end of its times: ``Z`` or ``+00:00``.
    """

    __slots__ = ("fields", "kind", "suffix")

    def __init__(self, kind: Any, fields: Sequence[WireField], suffix: str) -> None:
        self.kind = kind
        self.fields = fields
        self.suffix = suffix

    def __reduce__(self) -> tuple[Any, ...]:
        # Copies and unpickled models share their layouts, too.
        return _restored, (self.kind, tuple(field.key for field in self.fields), self.suffix)


def find_layouts(kind: Any, keys: Sequence[str]) -> Mapping[str | None, Layout] | None:
    """The layouts of a model with these keys, by the suffix of times; empty if the model has too many layouts already.

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
            return {}
        of_keys = tuple(fields[key] for key in keys)
        by_suffix: dict[str | None, Layout] = {suffix: Layout(kind, of_keys, suffix) for suffix in _SUFFIXES}
        found = layouts[keys] = {**by_suffix, NO_TIMES: by_suffix["Z"]}
    return found


@cache
def _layouts_of(kind: Any) -> dict[Sequence[str], Mapping[str | None, Layout]]:
    del kind  # the key of the cache
    return {}


def _restored(kind: Any, keys: Sequence[str], suffix: str) -> Layout:
    layouts = find_layouts(kind, keys)
    if layouts:
        return layouts[suffix]
    fields = {field.key: field for field in wire_fields(kind)}
    return Layout(kind, [fields[key] for key in keys if key in fields], suffix)


def utc_suffix(text: str, moment: datetime, before: str | None) -> str | None:
    """The suffix with which `datetime_text` writes a moment exactly as in the text that it was read from.

    Args:
        text: The text.
        moment: What `datetime.fromisoformat` reads from it.
        before: The suffix of another time in the same object; `NO_TIMES` for the first.

    Returns:
        None for every other notation, and if the suffix differs from that of the time before.
    """
    tail = text[19:]
    if moment.microsecond and tail[:1] == ".":
        # As many digits as the value needs. Without any, the text would not have a fraction.
        tail = tail[7 if moment.microsecond % 1000 else 4 :]
    suffix = tail if text[4:17:3] == "--T::" and tail in _SUFFIXES else None
    return suffix if before in {suffix, NO_TIMES} else None


def datetime_text(moment: datetime, suffix: str) -> str | None:
    """RFC 3339 text of a moment in UTC, with as many digits of the second as its value needs: none, three or six.

    Returns:
        None for another time zone.
    """
    if moment.tzinfo is not UTC:
        return None
    precision = "seconds" if not moment.microsecond else "microseconds" if moment.microsecond % 1000 else "milliseconds"
    return moment.isoformat(timespec=precision)[:-6] + suffix
