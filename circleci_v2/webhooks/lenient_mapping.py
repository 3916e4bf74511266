"""LenientMapping: typed, read-only views of JSON objects that may deviate from CircleCI's reference in any way.

The contract differs from that of the models, which keep a value of an unexpected type in its field and report it: here
such a value becomes None, so that a handler can rely on the declared types, and remains available in ``raw``. That is
why the fields have readers of their own; those for JSON objects and times are built on the decoder of the models.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType, NoneType
from typing import Any, Self, TypeAlias, get_args, get_type_hints

import attrs

from circleci_v2._wire.compiled_decoding import parse_datetime
from circleci_v2._wire.json import is_object

__all__ = ["EMPTY", "LenientMapping", "Raw", "to_int", "to_mapping", "to_text", "to_time"]

Raw: TypeAlias = Mapping[str, Any]
"""A JSON object as it was received."""

EMPTY: Raw = MappingProxyType({})
"""Stands for an object that is missing."""


@attrs.frozen(kw_only=True)
class LenientMapping:
    """A JSON object of a delivery: the known fields, converted to their declared types, and everything in ``raw``.

    Attributes:
        raw: The object as it was received, with unknown fields and with values of an unexpected type.
    """

    raw: Raw = attrs.field(default=EMPTY, repr=False, hash=False)

    @classmethod
    def read(cls, raw: Raw) -> Self:
        """Convert a JSON object; a field that is missing, null or of another type becomes None or an empty object."""
        return cls(raw=raw, **{name: reader(raw.get(name)) for name, reader in _readers(cls).items()})


def to_text(value: object) -> str | None:
    """Return text; None for empty text, which some objects hold for a missing branch or tag."""
    return value if isinstance(value, str) and value else None


def to_int(value: object) -> int | None:
    """Return an integer, also when it was sent as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    # int() takes quadratic time: https://docs.python.org/3/library/stdtypes.html#int-max-str-digits
    if isinstance(value, str) and len(value) <= 20 and value.isascii() and value.isdigit():
        return int(value)
    return None


# ISO 8601, or the format of Go's time.Time.String, which some deliveries have:
# 2024-12-18 17:23:29.361740256 +0000 UTC
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d{1,9})?) ?(Z|[+-]\d\d:?\d\d)?(?: [A-Z]{1,5})?", re.ASCII
)


def to_time(value: object) -> datetime | None:
    """Return a time, always with a time zone: UTC when the text names none."""
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    date, clock, zone = match.groups()
    try:
        return parse_datetime(f"{date}T{clock}{zone or ''}")
    except ValueError:
        # The text has the right format, but names for example a 13th month.
        return None


def to_mapping(value: object) -> Raw:
    """Return a JSON object; `EMPTY` in place of anything else."""
    return value if is_object(value) else EMPTY


_READERS: dict[type[LenientMapping], Mapping[str, Callable[[object], Any]]] = {}


def _readers(kind: type[LenientMapping]) -> Mapping[str, Callable[[object], Any]]:
    # Resolved at the first delivery and not at import: annotations name classes that are defined later.
    if kind not in _READERS:
        hints = get_type_hints(kind)
        _READERS[kind] = {name: _reader(hint) for name, hint in hints.items() if name != "raw"}
    return _READERS[kind]


def _reader(hint: Any) -> Callable[[object], Any]:
    if isinstance(hint, type) and issubclass(hint, LenientMapping):
        return lambda value: hint.read(to_mapping(value))
    optional = [choice for choice in get_args(hint) if choice is not NoneType]
    match optional:
        case [entity] if isinstance(entity, type) and issubclass(entity, LenientMapping):
            return lambda value: entity.read(value) if is_object(value) else None
        case [kind] if kind in _SCALARS:
            return _SCALARS[kind]
        case _:
            return to_mapping


_SCALARS: Mapping[type, Callable[[object], Any]] = {str: to_text, int: to_int, datetime: to_time}
