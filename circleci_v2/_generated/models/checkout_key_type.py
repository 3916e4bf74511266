"""CheckoutKeyType."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["CheckoutKeyType"]


class CheckoutKeyType(OpenStrEnum):
    """Kind of an existing checkout key.

    `deploy-key` grants read-only access to one repository; `github-user-key` acts as a GitHub user and can
    write.
    """

    DEPLOY_KEY = "deploy-key"
    GITHUB_USER_KEY = "github-user-key"

    if TYPE_CHECKING:
        # Stands for all other values, so that a `match` that handles each published value is not taken for complete.
        _UNPUBLISHED = str()
