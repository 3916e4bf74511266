"""RequiredJobStatus."""

from __future__ import annotations

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["RequiredJobStatus"]


class RequiredJobStatus(OpenStrEnum):
    """Outcome of a required job that allows the dependent job to start; if the configuration lists none, only
    `success` does.
    """

    CANCELED = "canceled"
    FAILED = "failed"
    SUCCESS = "success"
