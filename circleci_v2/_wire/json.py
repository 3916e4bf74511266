"""JSON: bytes to values (with msgspec where the extra ``fast`` is installed, else the standard library), and type guards.

`MessageScanner` reads one kind of document, of any length, as it arrives.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final, TypeGuard

from circleci_v2._lazy import lazy_pattern
from circleci_v2.errors import ConfigurationError

__all__ = [
    "MessageScanner",
    "copy_json",
    "dump_json",
    "is_array",
    "is_iterable",
    "is_mapping",
    "is_object",
    "is_sequence",
    "load_json",
    "optional_msgspec",
]


@cache
def optional_msgspec() -> Any:
    """The module msgspec, imported by the first call; None where it is not installed."""
    try:
        import msgspec  # noqa: PLC0415 - many programs import the client and decode nothing
    except ImportError:
        return None
    return msgspec


def load_json(content: bytes) -> Any:
    """The JSON value of a body.

    Raises:
        ValueError: The body is not JSON, or its nesting exceeds Python's recursion limit.
    """
    fast = optional_msgspec()
    try:
        if fast is not None:
            try:
                return fast.json.decode(content)
            except fast.DecodeError:
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


_STRUCTURE: Final = lazy_pattern(r'["{}\[\],]')
_PLAIN: Final = lazy_pattern(r'[^"\\]+')
_ESCAPE: Final = lazy_pattern(
    r'\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|["\\/bfnrt])'
)
_LONGEST_ESCAPE: Final = 12  # two halves of a character outside the Basic Multilingual Plane, such as \ud83d\ude00
_MAX_DEPTH: Final = 64
_KEY: Final = "message"
_LONE_SURROGATE: Final = lazy_pattern("[\ud800-\udfff]")


class MessageScanner:
    """Extracts the texts of ``[{"message": text, ...}, ...]`` as the JSON arrives, in memory of constant size.

    A JSON parser would need the complete document, and CircleCI often puts the whole output of a step into one message.
    Text that is not a JSON array is passed on as it is.
    """

    def __init__(self) -> None:
        self._rest = ""
        self._is_json: bool | None = None
        self._containers: list[str] = []
        self._key: str | None = None
        self._expects_key = False
        self._in_string = False
        self._string_is_key = False

    def feed(self, text: str) -> str:
        """Return the parts of messages that a further piece of the document contains.

        Raises:
            ValueError: The document is not valid JSON.
        """
        text = self._rest + text
        self._rest = ""
        if self._is_json is None:
            text = text.lstrip("\ufeff \t\r\n")
            if not text:
                return ""
            self._is_json = text.startswith("[")
        return self._scan(text) if self._is_json else text

    def finish(self) -> None:
        """Check that the document is complete.

        Raises:
            ValueError: The document ended inside of a message.
        """
        if self._is_json and (self._containers or self._in_string):
            msg = "the document ended in the middle"
            raise ValueError(msg)

    def _scan(self, text: str) -> str:
        found: list[str] = []
        position = 0
        while position < len(text):
            if self._in_string:
                position = self._scan_string(text, position, found)
                if self._rest:
                    break
            else:
                position = self._scan_structure(text, position)
        return "".join(found)

    def _scan_structure(self, text: str, position: int) -> int:
        match = _STRUCTURE.search(text, position)
        if match is None:
            return len(text)
        match match[0]:
            case '"':
                self._in_string, self._string_is_key = True, self._expects_key
                if self._string_is_key:
                    self._key = ""
            case ",":
                self._expects_key = self._containers[-1:] == ["{"]
            case "{" | "[" as opening:
                if len(self._containers) == _MAX_DEPTH:
                    msg = "it is nested too deeply to be a list of messages"
                    raise ValueError(msg)
                self._containers.append(opening)
                self._expects_key = opening == "{"
            case _:
                if not self._containers:
                    msg = "a bracket is closed that was not opened"
                    raise ValueError(msg)
                self._containers.pop()
                self._expects_key = False
        return match.end()

    def _scan_string(self, text: str, position: int, found: list[str]) -> int:
        if plain := _PLAIN.match(text, position):
            self._take(plain[0], found)
            return plain.end()
        if text[position] == '"':
            self._in_string = self._expects_key = False
            return position + 1
        escape = _ESCAPE.match(text, position)
        if len(text) - position < _LONGEST_ESCAPE and _may_continue(text[position:], escape):
            self._rest = text[position:]
            return len(text)
        if escape is None:
            msg = "an escape in a string is unknown"
            raise ValueError(msg)
        self._take(_LONE_SURROGATE.sub("\ufffd", json.loads(f'"{escape[0]}"')), found)
        return escape.end()

    def _take(self, text: str, found: list[str]) -> None:
        if self._string_is_key:
            self._key = ((self._key or "") + text)[: len(_KEY) + 1]
        elif self._key == _KEY and self._containers == ["[", "{"]:
            found.append(text)


def _may_continue(text: str, escape: re.Match[str] | None) -> bool:
    """Whether the end of a piece may be the beginning of an escape, or the first half of a surrogate pair."""
    if escape is None:
        return re.fullmatch(r"\\(?:u[0-9a-fA-F]{0,3})?", text) is not None
    return (
        escape.end() - escape.start() == 6
        and re.fullmatch(r"\\u[dD][89abAB][0-9a-fA-F]{2}(?:\\(?:u(?:[dD](?:[c-fC-F][0-9a-fA-F]?)?)?)?)?", text)
        is not None
    )
