"""JSON: bytes to values (with msgspec where the extra ``fast`` is installed, else the standard library), and type guards."""

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
        ValueError: The body is not JSON, or its nesting exceeds Python's recursion limit.
    """
    try:
        if msgspec is not None:
            try:
                return msgspec.json.decode(content)
            except msgspec.DecodeError:
                # The standard library also accepts NaN and UTF-16; the result must not depend on which extras are installed.
                pass
        return json.loads(content)
    except RecursionError:
        problem = "it is nested too deeply"
    except ValueError as error:
        problem = str(error)
    # Outside of the handlers, without their errors as context: those of the standard library keep the document, which may
    # hold what a server was sent, a token for example.
    raise ValueError(problem)


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether the value is a JSON object."""
    return isinstance(value, dict)


def is_array(value: Any) -> TypeGuard[list[Any]]:
    """Whether the value is a JSON array."""
    return isinstance(value, list)


def is_mapping(value: Any) -> TypeGuard[Mapping[Any, Any]]:
    """Whether the value is encoded as a JSON object."""
    return isinstance(value, Mapping)


def is_sequence(value: Any) -> TypeGuard[Sequence[Any]]:
    """Whether the value is a sequence other than text."""
    return isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray)


def is_iterable(value: Any) -> TypeGuard[Iterable[Any]]:
    """Whether the value is encoded as a JSON array."""
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | bytearray)
