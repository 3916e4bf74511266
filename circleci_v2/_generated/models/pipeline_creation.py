"""PipelineCreation."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.pipeline_state import PipelineState

__all__ = ["PipelineCreation"]


@define(kw_only=True, weakref_slot=False)
class PipelineCreation(Model):
    """A pipeline that has just been created."""

    id: UUID
    """UUID to follow the pipeline with: `pipelines.get`, `pipelines.list_workflows`."""

    number: int
    """Number within the project, for links and log lines."""

    state: PipelineState
    """How far CircleCI got with the configuration of a pipeline. `pending`: waiting to be processed.
    `setup-pending`: the setup configuration waits to be processed. `setup`: the setup workflow may run, a
    continuation is awaited. `created`: processed, workflows exist or are about to. `errored`: given up, see
    `Pipeline.errors`. The last two are final."""

    created_at: datetime
    """When the request was taken in, in UTC."""
