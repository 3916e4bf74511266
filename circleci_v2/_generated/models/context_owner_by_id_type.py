"""ContextOwnerByIdType."""

from __future__ import annotations

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["ContextOwnerByIdType"]


class ContextOwnerByIdType(OpenStrEnum):
    """Kind of owner that a UUID names; `account` is possible on CircleCI server only."""

    ACCOUNT = "account"
    ORGANIZATION = "organization"
