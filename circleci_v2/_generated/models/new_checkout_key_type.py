"""NewCheckoutKeyType."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["NewCheckoutKeyType"]


class NewCheckoutKeyType(OpenStrEnum):
    """Kind of checkout key to create.

    `deploy-key` grants read-only access to the project's own repository; `user-key` grants access, including
    write access, to everything that the token's user can access, for jobs that need submodules or private
    dependencies.
    """

    DEPLOY_KEY = "deploy-key"
    USER_KEY = "user-key"

    if TYPE_CHECKING:
        # Stands for all other values, so that a `match` that handles each published value is not taken for complete.
        _UNPUBLISHED = str()
