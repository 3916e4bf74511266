"""JobPipeline."""

from __future__ import annotations

from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["JobPipeline"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class JobPipeline(Model):
    """Pipeline a job belongs to."""

    id: UUID
    """UUID of the pipeline, for `pipelines.get`."""
