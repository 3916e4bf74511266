"""From Python values to what CircleCI reads: JSON bodies, query strings, path segments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, Protocol, runtime_checkable
from urllib.parse import quote
from uuid import UUID

from circleci_v2._wire.json import is_iterable, is_mapping, is_sequence
from circleci_v2._wire.types import UNSET

__all__ = ["encode_json", "encode_query", "given", "path_segment", "timestamp"]


@runtime_checkable
class _Encodable(Protocol):
    def to_dict(self) -> dict[str, Any]: ...


def given(values: Mapping[str, Any], *, nullable: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The fields of a body that the caller gave.

    Args:
        values: Fields for which None means "not given"; they are left out when None.
        nullable: Fields for which the API accepts null; they are left out only when UNSET.
    """
    body = {name: value for name, value in values.items() if value is not None}
    body.update((name, value) for name, value in (nullable or {}).items() if value is not UNSET)
    return body


def timestamp(moment: datetime) -> str:
    """RFC 3339 text of a moment, in UTC, for example ``2026-01-31T12:00:00Z``.

    Raises:
        ValueError: The datetime has no time zone, so that it names no moment.
    """
    if moment.tzinfo is None:
        msg = f"{moment!r} has no time zone: say which moment it is, for example with .replace(tzinfo=timezone.utc)"
        raise ValueError(msg)
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def encode_json(value: Any) -> Any:
    """The same value in JSON's own types: models as dicts, enums and UUIDs as strings, moments in RFC 3339.

    Raises:
        TypeError: Something inside the value has no JSON form.
    """
    match value:
        case Enum():
            return value.value
        case None | str() | bool() | int() | float():
            return value
        case UUID():
            return str(value)
        case datetime():
            return timestamp(value)
        case date():
            return value.isoformat()
        case _Encodable():
            return value.to_dict()
        case _:
            return _encode_container(value)


def _encode_container(value: Any) -> Any:
    if is_mapping(value):
        return {str(key): encode_json(item) for key, item in value.items()}
    if is_iterable(value):
        return [encode_json(item) for item in value]
    msg = f"{value!r} ({type(value).__name__}) cannot be sent as JSON: pass JSON types, dates, UUIDs or models"
    raise TypeError(msg)


def encode_query(parameters: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Name and text of each parameter that is not None; a sequence repeats its name."""
    return tuple(
        (name, text) for name, value in parameters.items() if value is not None for text in _query_texts(value)
    )


def _query_texts(value: Any) -> Iterable[str]:
    if is_sequence(value):
        return [_query_text(item) for item in value]
    return [_query_text(value)]


def _query_text(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Enum():
            return str(value.value)
        case datetime():
            return timestamp(value)
        case date():
            return value.isoformat()
        case _:
            return str(value)


_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def path_segment(name: str, value: object) -> str:
    """One segment of a path, percent-encoded.

    Args:
        name: The parameter, for the error message.
        value: What to put there: text, a number or a UUID.

    Raises:
        ValueError: The value cannot be a segment: it is empty, ``.`` or ``..``, or holds a control character.
    """
    text = str(value.value) if isinstance(value, Enum) else str(value)
    if text in {"", ".", ".."} or _CONTROL.search(text):
        msg = f"{name}={text!r} cannot be part of a path: it must not be empty, '.', '..' or hold control characters"
        raise ValueError(msg)
    return quote(text, safe="")
