"""PipelineErrorType."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["PipelineErrorType"]


class PipelineErrorType(OpenStrEnum):
    """Part of setting up a pipeline that failed.

    CircleCI publishes the values without definitions; these are inferred. `config`: the configuration is
    invalid. `config-fetch`: it could not be read from the repository. `timeout`: processing it took too long.
    `permission`: the acting user lacks a permission. `plan`: the plan does not allow it. `trigger-rule` and
    `invalid-trigger-setup`: the trigger is misconfigured. `other`: see the message.
    """

    CONFIG = "config"
    CONFIG_FETCH = "config-fetch"
    INVALID_TRIGGER_SETUP = "invalid-trigger-setup"
    OTHER = "other"
    PERMISSION = "permission"
    PLAN = "plan"
    TIMEOUT = "timeout"
    TRIGGER_RULE = "trigger-rule"

    if TYPE_CHECKING:
        # Stands for all other values, so that a `match` that handles each published value is not taken for complete.
        _UNPUBLISHED = str()
