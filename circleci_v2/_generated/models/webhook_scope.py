"""WebhookScope."""

from __future__ import annotations

from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["WebhookScope"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class WebhookScope(Model):
    """What a webhook watches."""

    id: UUID
    """UUID of the project."""

    type: str
    """Kind of thing that `id` names; `project` in every known case."""
