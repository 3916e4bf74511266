"""JSON: bytes to values (msgspec where the extra ``fast`` is installed, else the standard library), and type guards."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeGuard

try:
    import msgspec
except ImportError:
    msgspec = None  # type: ignore[assignment]

__all__ = ["is_array", "is_iterable", "is_mapping", "is_object", "is_sequence", "load_json"]


def load_json(content: bytes) -> Any:
    """The JSON value of a body.

    Raises:
        ValueError: It is no JSON, or JSON that is nested more deeply than Python can go.
    """
    try:
        return _loaded(content)
    except RecursionError:
        msg = "it is nested too deeply"
        raise ValueError(msg) from None


def _loaded(content: bytes) -> Any:
    if msgspec is not None:
        try:
            return msgspec.json.decode(content)
        except msgspec.DecodeError:
            # The standard library takes more, such as NaN and UTF-16, and what it takes must not depend on an extra.
            pass
    return json.loads(content)


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether it is a JSON object."""
    return isinstance(value, dict)


def is_array(value: Any) -> TypeGuard[list[Any]]:
    """Whether it is a JSON array."""
    return isinstance(value, list)


def is_mapping(value: Any) -> TypeGuard[Mapping[Any, Any]]:
    """Whether it becomes a JSON object."""
    return isinstance(value, Mapping)


def is_sequence(value: Any) -> TypeGuard[Sequence[Any]]:
    """Whether it is a sequence of values, which text is not."""
    return isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray)


def is_iterable(value: Any) -> TypeGuard[Iterable[Any]]:
    """Whether it becomes a JSON array."""
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | bytearray)
