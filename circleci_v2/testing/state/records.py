"""Records: small things that the API stores and shows as they were given."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, TypeVar

from circleci_v2.testing.messages import Refusal

__all__ = ["Record", "find", "given", "masked"]

Record = dict[str, Any]
"""Something whose JSON is all there is to it."""

Value = TypeVar("Value")

_SHOWN_OF_A_SECRET = 4


def find(things: Mapping[str, Value], key: str, kind: str, *, error_key: str = "message") -> Value:
    """The thing of a key.

    Args:
        things: Where to look.
        key: What to look for.
        kind: What the refusal calls it.
        error_key: The field of the refusal's body that holds its message.

    Raises:
        Refusal: There is none.
    """
    if key not in things:
        raise Refusal(HTTPStatus.NOT_FOUND, f"{kind} not found", key=error_key)
    return things[key]


def given(fields: Mapping[str, Any], *names: str) -> Record:
    """Those of the fields that a caller gave, null left out."""
    return {name: fields[name] for name in names if fields.get(name) is not None}


def masked(secret: str) -> str:
    """A secret as the API shows it: its last characters, where it has enough of them."""
    return "xxxx" + (secret[-_SHOWN_OF_A_SECRET:] if len(secret) > _SHOWN_OF_A_SECRET else "")
