"""PipelineState."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["PipelineState"]


class PipelineState(OpenStrEnum):
    """Processing state of the configuration of a pipeline.

    `pending`: waiting to be processed. `setup-pending`: the setup configuration waits to be processed. `setup`:
    the setup workflow may run, a continuation is expected. `created`: processed, workflows exist or are about
    to. `errored`: given up, see `Pipeline.errors`. The last two are final.
    """

    CREATED = "created"
    ERRORED = "errored"
    PENDING = "pending"
    SETUP = "setup"
    SETUP_PENDING = "setup-pending"

    if TYPE_CHECKING:
        # Stands for all other values, so that a `match` that handles each published value is not taken for complete.
        _UNPUBLISHED = str()
