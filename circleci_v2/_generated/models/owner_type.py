"""OwnerType."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["OwnerType"]


class OwnerType(OpenStrEnum):
    """Kind of context owner.

    `account` occurs on CircleCI server only, where an account can span organizations; everywhere else owners
    are organizations.
    """

    ACCOUNT = "account"
    ORGANIZATION = "organization"

    if TYPE_CHECKING:
        # Stands for all other values, so that a `match` that handles each published value is not taken for complete.
        _UNPUBLISHED = str()
