"""WebhookScopeInput."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.webhook_scope_type import WebhookScopeType

__all__ = ["WebhookScopeInput"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class WebhookScopeInput(Model):
    """The project whose events a new webhook delivers."""

    id: str
    """UUID of the project (`projects.get` returns it as `id`), not its slug."""

    type: WebhookScopeType
    """Type of the object that `id` identifies; always `project`."""
