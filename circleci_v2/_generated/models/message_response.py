"""MessageResponse."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["MessageResponse"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class MessageResponse(Model):
    """A sentence from CircleCI about what it did, for people rather than for programs."""

    message: str
    """English text without a fixed wording; go by the status code, and keep this for logs."""
