"""RequiredJobStatus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["RequiredJobStatus"]


class RequiredJobStatus(OpenStrEnum):
    """Outcome of a required job that allows the dependent job to start; if the configuration lists none, only
    `success` does.

    `not_run`: the job never ran. `unauthorized`: it was denied a restricted context or another permission.
    `terminal`: any final outcome.
    """

    CANCELED = "canceled"
    FAILED = "failed"
    NOT_RUN = "not_run"
    SUCCESS = "success"
    TERMINAL = "terminal"
    UNAUTHORIZED = "unauthorized"

    if TYPE_CHECKING:
        # Stands for all other values, so that a `match` that handles each published value is not taken for complete.
        _UNPUBLISHED = str()
