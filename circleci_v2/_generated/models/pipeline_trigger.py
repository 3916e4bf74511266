"""PipelineTrigger."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.pipeline_actor import PipelineActor
    from circleci_v2._generated.models.pipeline_trigger_type import PipelineTriggerType

__all__ = ["PipelineTrigger"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class PipelineTrigger(Model):
    """Event that started a pipeline."""

    type: PipelineTriggerType
    """Kind of event."""

    actor: PipelineActor
    """User on whose behalf the pipeline runs; determines access to restricted contexts."""

    received_at: datetime
    """When CircleCI received the event, in UTC. For GitHub App and GitLab pipelines, dates in 1970 have been
    observed: fall back to `Pipeline.created_at`."""
