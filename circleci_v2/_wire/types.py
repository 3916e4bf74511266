"""The types of the wire format: open enums, the UNSET marker, and the fields that a model declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum, StrEnum
from functools import cache
from importlib import import_module
from typing import Any, Final, Literal, Self, TypeVar, get_type_hints

import attrs

__all__ = [
    "UNSET",
    "OpenStrEnum",
    "Unset",
    "WireField",
    "is_model",
    "known_keys",
    "maybe_datetime",
    "maybe_null",
    "wire_fields",
]

T = TypeVar("T")


class OpenStrEnum(StrEnum):
    """An enum of strings to which CircleCI may add values at any time.

    A value that is not among the members becomes a pseudo-member: an instance of the enum that equals its string, with the
    string as its name. ``is_published`` distinguishes the two.
    """

    __module__ = "circleci_v2.models"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    @property
    def is_published(self) -> bool:
        """Whether the value is one of those that the API's document lists."""
        return self._value_ in type(self)._value2member_map_


class _Unset(Enum):
    # An enum with one member, because type checkers can narrow it by `is`.
    __module__ = "circleci_v2"

    UNSET = "UNSET"

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    def __reduce_ex__(self, _protocol: object) -> str:  # type: ignore[override]  # a name is allowed, too
        # Pickled by its public name, `circleci_v2.UNSET`; the class has none.
        return "UNSET"


Unset = Literal[_Unset.UNSET]
"""The type of `UNSET`."""

UNSET: Final = _Unset.UNSET
"""Not passed: the field is left out of the request, in contrast to None, which is sent as null."""


def maybe_null(value: T) -> T | None:
    """Return the value of a required field, typed as optional: the live API may send null there."""
    return value


def maybe_datetime(value: object) -> datetime | None:
    """Return the value of a field for a time; None if it is null, or is kept as it came because it is not a time."""
    return value if isinstance(value, datetime) else None


@attrs.frozen
class WireField:
    """One field of a model in JSON.

    Attributes:
        attribute: Its name in Python.
        key: Its name in JSON, as published.
        other_key: The other spelling of that name, kebab-case for snake_case or the reverse; None when both are equal.
        type: Its type.
        required: Whether the API's document requires it in every response.
    """

    attribute: str
    key: str
    other_key: str | None
    type: Any
    required: bool


def is_model(annotation: Any) -> bool:
    """Whether a type is a model."""
    return isinstance(annotation, type) and attrs.has(annotation)


@cache
def wire_fields(kind: Any) -> Sequence[WireField]:
    """The fields of a model. The first call resolves its annotations, which imports the models it refers to."""
    names = _ModuleNames(import_module(kind.__module__))
    hints = get_type_hints(kind, localns=names)
    return tuple(_wire_field(field, hints[field.name]) for field in attrs.fields(kind))


@cache
def known_keys(kind: Any) -> Mapping[str, WireField]:
    """Every key of a model's fields, in either spelling."""
    fields = wire_fields(kind)
    others = {field.other_key: field for field in fields if field.other_key}
    return {**others, **{field.key: field for field in fields}}


class _ModuleNames(Mapping[str, Any]):
    """The names of a lazy module, as a namespace in which annotations are evaluated; a model is imported on first use."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def __getitem__(self, name: str) -> Any:
        try:
            return getattr(self._module, name)
        except AttributeError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(dir(self._module))

    def __len__(self) -> int:
        return len(dir(self._module))


def _wire_field(field: attrs.Attribute[Any], kind: Any) -> WireField:
    key: str = field.metadata.get("key", field.name)
    other = key.replace("-", "_") if "-" in key else key.replace("_", "-")
    return WireField(field.name, key, other if other != key else None, kind, field.default is attrs.NOTHING)
