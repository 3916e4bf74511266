"""OwnerType."""

from __future__ import annotations

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["OwnerType"]


class OwnerType(OpenStrEnum):
    """Kind of context owner.

    `account` occurs on CircleCI server only, where an account can span organizations; everywhere else owners
    are organizations.
    """

    ACCOUNT = "account"
    ORGANIZATION = "organization"
