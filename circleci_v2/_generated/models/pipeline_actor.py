"""PipelineActor."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["PipelineActor"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class PipelineActor(Model):
    """User on whose behalf a pipeline was triggered."""

    login: str | None
    """User name at the code host; empty or null when the event has no known user."""

    avatar_url: str | None = None
    """Picture of the user at the code host; often null or absent."""
