"""Check arguments of the body before a request is sent, in addition to what type checkers find."""

from __future__ import annotations

import re
from typing import TypeVar

from circleci_v2.errors import ArgumentTypeError, ConfigurationError

__all__ = ["required", "unmasked"]

T = TypeVar("T")

_MASK = re.compile(r"\*+")


def required(name: str, value: T) -> T:
    """Return the value of a required field of the body.

    None means "not passed" in every body, so a required field would be left out silently. A `PUT` without a field deletes what
    is stored there.

    Args:
        name: The argument, for the error message.
        value: Its value.

    Raises:
        ConfigurationError: The value is None.
    """
    if value is None:
        msg = f"{name}=None: {name} is required, and None would leave it out of the request; pass a value"
        raise ConfigurationError(msg)
    return value


def unmasked(name: str, value: object) -> str:
    """Return the value of a required field that responses mask with asterisks, such as a signing secret.

    Args:
        name: The argument, for the error message.
        value: Its value.

    Raises:
        ArgumentTypeError: The value is not text.
        ConfigurationError: The value is None, or a mask: the API would store the asterisks as the new secret.
    """
    required(name, value)
    if not isinstance(value, str):
        msg = f"{name} must be text, not {type(value).__name__}"
        raise ArgumentTypeError(msg)
    if _MASK.fullmatch(value):
        msg = f"{name}={value!r} is the mask that responses show in place of the value; pass the value itself"
        raise ConfigurationError(msg)
    return value
