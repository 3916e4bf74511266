"""Open enums: the values that are published, and any other that CircleCI sends."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

__all__ = ["OpenStrEnum"]


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
