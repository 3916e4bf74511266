"""MessageResponse."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["MessageResponse"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class MessageResponse(Model):
    """A human-readable message from CircleCI about the effect of a request."""

    message: str
    """English text without a fixed wording; rely on the status code, and keep this for logs."""
