"""NewCheckoutKeyType."""

from __future__ import annotations

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["NewCheckoutKeyType"]


class NewCheckoutKeyType(OpenStrEnum):
    """Kind of checkout key to create.

    `deploy-key` opens the project's own repository only; `user-key` opens all that the token's user can reach,
    for jobs that need submodules or private dependencies.
    """

    DEPLOY_KEY = "deploy-key"
    USER_KEY = "user-key"
