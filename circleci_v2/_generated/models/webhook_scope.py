"""WebhookScope."""

from __future__ import annotations

from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["WebhookScope"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class WebhookScope(Model):
    """Scope of a webhook."""

    id: UUID
    """UUID of the project."""

    type: str
    """Type of the object that `id` identifies; `project` in every known case."""
