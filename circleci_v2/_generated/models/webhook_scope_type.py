"""WebhookScopeType."""

from __future__ import annotations

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["WebhookScopeType"]


class WebhookScopeType(OpenStrEnum):
    """What a webhook watches.

    `project` is the only value so far: there are no webhooks for a whole organization.
    """

    PROJECT = "project"
