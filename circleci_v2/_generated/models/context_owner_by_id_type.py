"""ContextOwnerByIdType."""

from __future__ import annotations

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["ContextOwnerByIdType"]


class ContextOwnerByIdType(OpenStrEnum):
    """Type of an owner identified by UUID; `account` is possible on CircleCI server only."""

    ACCOUNT = "account"
    ORGANIZATION = "organization"
