"""PipelineNotTriggered."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["PipelineNotTriggered"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class PipelineNotTriggered(Model):
    """The result of `pipelines.run` when no pipeline was started, for example because no trigger rule applies."""

    message: str | None = None
    """Reason why no pipeline was created."""
