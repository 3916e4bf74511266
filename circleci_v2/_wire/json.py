"""JSON: bytes to values (with msgspec where the extra ``fast`` is installed, else the standard library), and type guards."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeGuard

from circleci_v2.errors import ConfigurationError

try:
    import msgspec
except ImportError:
    msgspec = None  # type: ignore[assignment]

__all__ = ["copy_json", "dump_json", "is_array", "is_iterable", "is_mapping", "is_object", "is_sequence", "load_json"]


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


def dump_json(value: Any) -> str:
    """The text of a JSON value, without spaces.

    Raises:
        ConfigurationError: JSON has no text for it, or it is nested too deeply.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        text.encode()
    except UnicodeEncodeError as error:
        msg = f"the body cannot be sent as JSON: {error.object[error.start]!r} in it is half of a character"
        raise ConfigurationError(msg) from None
    except ValueError:
        msg = "the body cannot be sent as JSON, which has neither NaN nor infinity: pass None, or leave the field out"
        raise ConfigurationError(msg) from None
    except RecursionError:
        msg = "the body cannot be sent as JSON: it is nested too deeply, or contains itself"
        raise ConfigurationError(msg) from None
    return text


_IMMUTABLE: Final = frozenset({str, int, float, bool, type(None)})


def copy_json(value: Any) -> Any:
    """A copy of a JSON value that shares nothing with it.

    `copy.deepcopy` calls itself three times per level, so that JSON of 500 levels, which `load_json` reads, would exceed
    Python's recursion limit. Values that are not JSON are copied by it all the same.
    """
    root: list[Any] = [value]
    copies: dict[int, Any] = {}
    pending: list[Any] = [root]
    while pending:
        container: Any = pending.pop()
        for key, item in _entries(container):
            if type(item) in _IMMUTABLE:
                continue
            if id(item) not in copies:
                is_container = type(item) in (dict, list)
                copies[id(item)] = item.copy() if is_container else copy.deepcopy(item)
                if is_container:
                    pending.append(copies[id(item)])
            container[key] = copies[id(item)]
    return root[0]


def _entries(container: Any) -> list[tuple[Any, Any]]:
    return [*container.items()] if is_object(container) else [*enumerate(container)]


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
