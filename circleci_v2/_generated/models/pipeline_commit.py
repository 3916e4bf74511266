"""PipelineCommit."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["PipelineCommit"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class PipelineCommit(Model):
    """Message of the commit that a pipeline builds, split into subject and body as in git."""

    body: str | None = None
    """Rest of the message after its first line, possibly truncated; empty or null for one-line messages."""

    subject: str | None = None
    """First line of the message, possibly truncated; can be null."""
