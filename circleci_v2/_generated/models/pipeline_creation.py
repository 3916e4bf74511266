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


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class PipelineCreation(Model):
    """A newly created pipeline."""

    id: UUID
    """UUID, to follow the pipeline with `pipelines.get` and `pipelines.list_workflows`."""

    number: int
    """Number within the project, for links and log lines."""

    state: PipelineState
    """Practically always `pending`, as the configuration has not been read yet."""

    created_at: datetime
    """When the request was accepted, in UTC."""
