"""PipelineNotTriggered."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["PipelineNotTriggered"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class PipelineNotTriggered(Model):
    """The answer of `pipelines.run` when nothing was started, for example because no trigger rule applies."""

    message: str | None = None
    """Why no pipeline was created."""
