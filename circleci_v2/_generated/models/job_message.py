"""JobMessage."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["JobMessage"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class JobMessage(Model):
    """A note that CircleCI attached to a job."""

    type: str
    """Severity or kind, such as `warning`."""

    message: str
    """Human-readable text."""

    reason: str | None = None
    """Short code for the cause of the note; often absent."""
