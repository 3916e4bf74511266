"""Types that models and methods share: open enums, the UNSET marker, fields that the live API may null."""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import Final, Literal, Self, TypeVar

__all__ = ["UNSET", "OpenStrEnum", "Unset", "maybe_null"]

T = TypeVar("T")


class OpenStrEnum(StrEnum):
    """An enum of strings to which CircleCI may add values at any time.

    A value that is not among the members becomes a pseudo-member: an instance of the enum that equals its string, with the
    string as its name. ``is_published`` tells the two apart.
    """

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
    # An enum with one member is what type checkers can narrow by `is`.
    UNSET = "UNSET"

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"


Unset = Literal[_Unset.UNSET]
"""The type of `UNSET`."""

UNSET: Final = _Unset.UNSET
"""Not given: the field is left out of the request, which is not the same as sending null."""


def maybe_null(promised: T) -> T | None:
    """The value of a field that its model promises, typed as what it may be: None where the live API sends null."""
    return promised
