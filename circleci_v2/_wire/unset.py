"""UNSET: the difference between an argument that was not given and one that is None."""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal

__all__ = ["UNSET", "Unset"]


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
