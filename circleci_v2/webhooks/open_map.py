"""OpenMap: maps that may hold less, more or other things than CircleCI's reference says, read without ever failing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType, NoneType
from typing import Any, Self, TypeAlias, cast, get_args, get_type_hints

import attrs

__all__ = ["NOTHING_SAID", "OpenMap", "Raw", "as_map", "as_moment", "as_number", "as_text", "is_map"]

Raw: TypeAlias = Mapping[str, Any]

NOTHING_SAID: Raw = MappingProxyType({})
"""The map in place of one that is missing."""


@attrs.frozen(kw_only=True)
class OpenMap:
    """A map of a delivery: the fields that are known, read by their declared types, and all of it in ``raw``.

    Attributes:
        raw: The map as it came, with the fields that are not known and the values that were not of the expected type.
    """

    raw: Raw = attrs.field(default=NOTHING_SAID, repr=False, hash=False)

    @classmethod
    def read(cls, raw: Raw) -> Self:
        """Read a map of a delivery; what is missing, null or of another type becomes None or an empty object."""
        return cls(raw=raw, **{name: reader(raw.get(name)) for name, reader in _readers(cls).items()})


def as_text(value: object) -> str | None:
    """Text; empty text counts as None, since some maps write the absence of a branch or a tag that way."""
    return value if isinstance(value, str) and value else None


def as_number(value: object) -> int | None:
    """A whole number, also when it was sent as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    # The length is bounded because converting digits takes quadratic time.
    if isinstance(value, str) and len(value) <= 20 and value.isascii() and value.isdigit():
        return int(value)
    return None


# ISO 8601, and what Go prints for a time, as some deliveries have it: 2024-12-18 17:23:29.361740256 +0000 UTC
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d{1,9})?) ?(Z|[+-]\d\d:?\d\d)?(?: [A-Z]{1,5})?", re.ASCII
)


def as_moment(value: object) -> datetime | None:
    """A time, always with a time zone: UTC when the text names none."""
    match = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    day, clock, zone = match.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{zone or ''}")
    except ValueError:
        # The text has the form of a time and names none, for example in a 13th month.
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def is_map(value: object) -> bool:
    """Whether the value is a JSON object."""
    return isinstance(value, dict)


def as_map(value: object) -> Raw:
    """A map; empty in place of anything else."""
    return cast("Raw", value) if is_map(value) else NOTHING_SAID


_KNOWN_READERS: dict[type[OpenMap], Mapping[str, Callable[[object], Any]]] = {}


def _readers(kind: type[OpenMap]) -> Mapping[str, Callable[[object], Any]]:
    # Worked out at the first delivery, not at import: the hints name classes that are defined later.
    if kind not in _KNOWN_READERS:
        hints = get_type_hints(kind)
        _KNOWN_READERS[kind] = {name: _reader(hint) for name, hint in hints.items() if name != "raw"}
    return _KNOWN_READERS[kind]


def _reader(hint: Any) -> Callable[[object], Any]:
    if isinstance(hint, type) and issubclass(hint, OpenMap):
        return lambda value: hint.read(as_map(value))
    optional = [choice for choice in get_args(hint) if choice is not NoneType]
    match optional:
        case [entity] if isinstance(entity, type) and issubclass(entity, OpenMap):
            return lambda value: entity.read(as_map(value)) if is_map(value) else None
        case [kind] if kind in _SCALARS:
            return _SCALARS[kind]
        case _:
            return as_map


_SCALARS: Mapping[type, Callable[[object], Any]] = {str: as_text, int: as_number, datetime: as_moment}
