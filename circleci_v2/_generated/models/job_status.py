"""JobStatus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["JobStatus"]


class JobStatus(OpenStrEnum):
    """State of a job.

    CircleCI publishes the values without definitions; these are inferred. Waiting: `blocked` (on jobs it
    requires), `on_hold` (on an approval), `queued` (on free capacity), `not_running` (about to start). Ended:
    `success`; `failed`; `canceled`; `timedout`; `not_run` (skipped or never reached); `unauthorized` (denied a
    restricted context or another permission); `infrastructure_fail` (a fault on CircleCI's side); `retried`
    (abandoned after such a fault and started again); `terminated-unknown` (ended, cause not known).
    """

    BLOCKED = "blocked"
    CANCELED = "canceled"
    FAILED = "failed"
    INFRASTRUCTURE_FAIL = "infrastructure_fail"
    NOT_RUN = "not_run"
    NOT_RUNNING = "not_running"
    ON_HOLD = "on_hold"
    QUEUED = "queued"
    RETRIED = "retried"
    RUNNING = "running"
    SUCCESS = "success"
    TERMINATED_UNKNOWN = "terminated-unknown"
    TIMEDOUT = "timedout"
    UNAUTHORIZED = "unauthorized"

    if TYPE_CHECKING:
        # Stands for all other values, so that a `match` that handles each published value is not taken for complete.
        _UNPUBLISHED = str()
