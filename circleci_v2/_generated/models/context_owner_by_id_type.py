"""ContextOwnerByIdType."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["ContextOwnerByIdType"]


class ContextOwnerByIdType(OpenStrEnum):
    """Type of an owner identified by UUID; `account` is possible on CircleCI server only."""

    ACCOUNT = "account"
    ORGANIZATION = "organization"

    if TYPE_CHECKING:
        # Stands for all other values, so that a `match` that handles each published value is not taken for complete.
        _UNPUBLISHED = str()
