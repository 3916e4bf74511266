"""What a value is, told in a way that type checkers follow into its items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeGuard

__all__ = ["is_array", "is_iterable", "is_mapping", "is_object", "is_sequence"]


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
