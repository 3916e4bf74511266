"""RequiredJobStatus."""

from __future__ import annotations

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["RequiredJobStatus"]


class RequiredJobStatus(OpenStrEnum):
    """Outcome of a required job that lets the dependent job start; without any in the configuration, only
    `success` does.
    """

    CANCELED = "canceled"
    FAILED = "failed"
    SUCCESS = "success"
